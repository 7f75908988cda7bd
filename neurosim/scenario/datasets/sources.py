"""The publishers of data sets, and their files with the MD5 checksums that were published with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Publisher:
    """Who publishes a data set, and where its files are.

    Parameters
    ----------
    page
        The page of the publisher, for a reader.
    folder
        The address that a file's name is appended to.
    md5
        Checksum of each file.
    """

    page: str
    folder: str
    md5: Mapping[str, str]


def _idx(train_images: str, train_labels: str, test_images: str, test_labels: str) -> dict[str, str]:
    return {
        "train-images-idx3-ubyte.gz": train_images,
        "train-labels-idx1-ubyte.gz": train_labels,
        "t10k-images-idx3-ubyte.gz": test_images,
        "t10k-labels-idx1-ubyte.gz": test_labels,
    }


SOURCES: Mapping[str, Publisher] = {
    "mnist": Publisher(
        "http://yann.lecun.com/exdb/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        _idx(
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
    ),
    "fashion-mnist": Publisher(
        "https://github.com/zalandoresearch/fashion-mnist",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        _idx(
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ),
    "kmnist": Publisher(
        "https://github.com/rois-codh/kmnist",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        _idx(
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
    ),
    "shd": Publisher(
        "https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/",
        "https://zenkelab.org/datasets/",
        {
            "shd_train.h5.gz": "d47c9825dee33347913e8ce0f2be08b0",
            "shd_test.h5.gz": "3062a80ec0c5719404d5b02e166543b1",
        },
    ),
}
