"""The settings of someone else's class, a dataclass or a pydantic model, checked as tables of a file are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from dataclasses import Field as DataclassField
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic import BaseModel, Field, create_model
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from neurosim.edges.foreign_errors import said
from neurosim.edges.toml.table import Table


@lru_cache(maxsize=256)
def model_of(kind: type) -> type[BaseModel]:
    """What checks the settings of a class: itself, or a table with the fields of the dataclass that it is.

    Raises
    ------
    ValueError
        If it is neither, or its fields have no types.
    """
    if issubclass(kind, BaseModel):
        return kind
    if not is_dataclass(kind):
        raise ValueError(f"{kind.__name__} is no dataclass and no pydantic model; expected one, of its settings")
    try:
        types = get_type_hints(kind, include_extras=True)
        given: dict[str, Any] = {f.name: (types[f.name], _default(f)) for f in fields(kind) if f.init}
        return create_model(kind.__name__, __base__=Table, __doc__=kind.__doc__, **given)
    except Exception as error:
        raise ValueError(f"{kind.__name__} has fields that cannot be checked: {said(error)}") from error


def _default(field: DataclassField[Any]) -> Any:
    """What pydantic takes for a default of a dataclass."""
    if field.default_factory is not MISSING:
        return Field(default_factory=field.default_factory)
    return ... if field.default is MISSING else field.default


def checked(kind: type, values: Mapping[str, Any]) -> BaseModel:
    """The settings of a class, checked as JSON is: lists are tuples where the class has these, texts no numbers.

    Raises
    ------
    ValidationError
        For unknown keys, and values of the wrong kind.
    ValueError
        For values that JSON does not have, such as dates, and a class whose settings cannot be checked.
    """
    model = model_of(kind)
    if model.model_config.get("extra") in (None, "ignore"):
        _refuse_unknown(model, values)
    try:
        text = json.dumps(values, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError("expected texts, finite numbers, true, false, lists and tables") from None
    return model.model_validate_json(text)


def made(kind: type, settings: BaseModel) -> Any:
    """The object of a class with checked settings.

    Raises
    ------
    ValueError
        If its class refuses them.
    """
    if isinstance(settings, kind):
        return settings
    try:
        return kind(**{name: getattr(settings, name) for name in type(settings).model_fields})
    except MemoryError:
        raise
    except ValueError as refused:
        raise ValueError(str(refused)) from refused
    except Exception as error:
        raise ValueError(said(error)) from error


def _refuse_unknown(model: type[BaseModel], values: Mapping[str, Any]) -> None:
    known = {*model.model_fields, *(f.alias for f in model.model_fields.values())}
    unknown = [InitErrorDetails(type="extra_forbidden", loc=(n,), input=v) for n, v in values.items() if n not in known]
    if unknown:
        raise ValidationError.from_exception_data(model.__name__, unknown)


def unknown_name(known: list[str]) -> PydanticCustomError:
    """The mistake of a name that nobody offers; `neurosim.edges.toml.mistakes` says which is nearest."""
    return PydanticCustomError("unknown_name", "unknown name", {"known": known})
