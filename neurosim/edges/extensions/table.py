"""A table of a file whose kind an installed package offers, so that the package says which keys it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict, PrivateAttr, field_validator, model_validator

from neurosim.edges.extensions.group import ExtensionGroup
from neurosim.edges.extensions.settings import checked, made, model_of, unknown_name
from neurosim.edges.foreign_errors import border
from neurosim.edges.toml.table import Table
from neurosim.errors import SpecError


class PackageTable(Table):
    """A table that a class of an installed package checks: a dataclass, or a pydantic model, of its settings.

    Attributes
    ----------
    group
        Where packages offer such classes.
    key
        The key of the file that names the entry point.
    own
        The names that are neurosim's own.
    needs
        The methods that the class must have.
    settings
        The object of that class, made of the other keys.
    """

    model_config = ConfigDict(extra="allow")

    group: ClassVar[ExtensionGroup]
    key: ClassVar[str] = "kind"
    own: ClassVar[Callable[[], tuple[str, ...]]]
    needs: ClassVar[tuple[str, ...]] = ("build",)
    _settings: Any = PrivateAttr()
    _source: str = PrivateAttr(default="")

    @field_validator("kind", "method", check_fields=False)
    @classmethod
    def _is_offered(cls, name: str) -> str:
        if name not in cls.group:
            raise unknown_name([*cls.own(), *cls.group.names()])
        cls.class_of(name)
        return name

    @model_validator(mode="after")
    def _has_its_settings(self) -> PackageTable:
        kind, given = self.class_of(self.name), dict(self.__pydantic_extra__ or {})
        if self.key in model_of(kind).model_fields:
            given[self.key] = self.name
        settings = checked(kind, given)
        self._settings = made(kind, settings)
        self._source = self.group.load(self.name, "").source
        object.__setattr__(self, "__pydantic_extra__", _as_json(settings, self.key))
        return self

    @classmethod
    def class_of(cls, name: str) -> type:
        """The class of an entry point, whose package is then imported.

        Raises
        ------
        ValueError
            If it cannot be imported, or is no class with the methods that it must have.
        """
        offered = cls.group.load(name, "")
        if not isinstance(offered.value, type):
            raise ValueError(f"{offered.source} is no class; expected a dataclass or a pydantic model of its settings")
        missing = [n for n in cls.needs if not callable(getattr(offered.value, n, None))]
        if missing:
            raise ValueError(f"{offered.source} has no method '{missing[0]}'; expected {', '.join(cls.needs)}")
        try:
            model_of(offered.value)
        except ValueError as error:
            raise ValueError(f"{offered.source}: {error}") from None
        return offered.value

    @classmethod
    def keys_of(cls, name: str) -> set[str]:
        """The keys that a table of this kind may have; none where the kind cannot be used."""
        try:
            return {cls.key, *model_of(cls.class_of(name)).model_fields}
        except ValueError:
            return set()

    @property
    def name(self) -> str:
        """The name of the entry point."""
        return str(getattr(self, self.key))

    @property
    def settings(self) -> Any:
        """The object of the package's class."""
        return self._settings

    @property
    def source(self) -> str:
        """Where the class is from: ``MODULE:CLASS of DISTRIBUTION``."""
        return self._source

    @property
    def versions(self) -> dict[str, str]:
        """The version of the package, by the name of its distribution."""
        return self.group.version(self.name)

    def called(self, where: str, method: str, *arguments: object) -> Any:
        """What a method of the package's object gives; whatever it raises is an error that names the package.

        Raises
        ------
        SpecError
            For what it raises, but for errors of neurosim.
        """
        with border(f"{where} {self.key} = {self.name!r}: {self._source}", SpecError):
            return getattr(self._settings, method)(*arguments)

    def wrong(self, where: str, given: object, expected: str) -> SpecError:
        """The error where a method gave something else than it must."""
        name = type(given).__name__
        return SpecError(f"{where} {self.key} = {self.name!r}: {self._source} gave a {name}; expected {expected}")


def _as_json(settings: Any, key: str) -> Mapping[str, Any]:
    """All settings, defaults among them, as a file has them."""
    values = settings.model_dump(mode="json")
    return {name: value for name, value in values.items() if name != key}


def which(tables: tuple[str, ...], key: str = "kind") -> Callable[[Any], str]:
    """What tells tables of neurosim from those of packages: ``"own"`` or ``"package"``.

    Parameters
    ----------
    tables
        The names that are neurosim's own.
    """

    def told(table: Any) -> str:
        if isinstance(table, dict):
            name = table.get(key)
            return "package" if isinstance(name, str) and name not in tables else "own"
        return "package" if isinstance(table, PackageTable) else "own"

    return told
