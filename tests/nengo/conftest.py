try:
    import nengo.builder  # noqa: F401 - `nengo` alone might be this folder
except ImportError:
    collect_ignore_glob = ["test_*.py"]
