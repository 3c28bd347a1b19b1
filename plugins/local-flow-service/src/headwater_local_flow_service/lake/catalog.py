"""Catalog's ``/batches``, ``/lastBatches`` and ``/dataSetFiles``, below ``/data/foundation/catalog``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.lake import batches
from headwater_local_flow_service.lake.batches import TABLE
from headwater_local_flow_service.neighbours import (
    asked,
    catalog_queries,
    last_batches,
    lookup,
)
from headwater_local_flow_service.neighbours.records import column_of
from headwater_local_flow_service.neighbours.refusals import invalid, missing
from headwater_local_flow_service.store import batch_files, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import falcon
    from sqlalchemy import ColumnElement

    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.neighbours.catalog_queries import (
        CatalogQuery,
        Item,
    )
    from headwater_local_flow_service.store.batch_files import BatchFile
    from headwater_local_flow_service.store.store import Rows, Scope

_BATCH_FILTERS: Final = (
    "batch", "externalId", "dataSet", "status", "created", "updated", "createdClient", "createdUser", "updatedUser",
    "version", "recordCount", "failedRecordCount", "size", "started", "completed", "availableDates", "id",
)  # fmt: skip
_FILE_FILTERS: Final = (
    "dataSetId", "batchId", "dataSetFileId", "created", "id", "size", "records", "name",
)  # fmt: skip
_BATCH_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "batch": TABLE.c.id,
    "id": TABLE.c.id,
    "dataSet": TABLE.c.spec_id,
    "status": TABLE.c.state,
}
_BATCH_ORDERS: Final[Mapping[str, ColumnElement[Any]]] = {
    "created": TABLE.c.created_at,
    "updated": TABLE.c.updated_at,
    "status": TABLE.c.state,
    "id": TABLE.c.id,
}
_FILE_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "dataSetId": tables.batch_files.c.data_set,
    "batchId": tables.batch_files.c.batch,
    "dataSetFileId": tables.batch_files.c.id,
    "id": tables.batch_files.c.id,
}
_FILE_ORDERS: Final[Mapping[str, ColumnElement[Any]]] = {
    "created": tables.batch_files.c.created_at,
    "size": tables.batch_files.c.size,
    "id": tables.batch_files.c.id,
}
_UNIQUE: Final = (
    "status", "createdUser", "createdClient", "updatedUser", "version", "dataSet", "externalId",
)  # fmt: skip


class Batches:
    """``/batches``: a map from id to batch."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page, newest first unless asked otherwise."""
        query = catalog_queries.read(req, _BATCH_FILTERS, tags=True)
        scope = caller_of(req).scope
        with self._lake.store.reading() as rows:
            found = _find_batches(rows, scope, query)
        resp.media = {item["id"]: query.show(item) for item in found}


def _find_batches(rows: Rows, scope: Scope, query: CatalogQuery) -> list[Item]:
    where, rest = catalog_queries.where(query, _BATCH_COLUMNS, TABLE.c.created_at)
    if "externalId" in query.equal:
        values = query.equal["externalId"]
        where.append(TABLE.c.name.in_([column_of(value) for value in values]))
        rest.append(catalog_queries.equals("externalId", values))
    order = catalog_queries.order_clauses(query, _BATCH_ORDERS, TABLE.c.seq)
    records = rows.stream(TABLE, scope, where, order or [TABLE.c.seq])
    items = (batches.render(record) for record, _length in records)
    return catalog_queries.take_page(items, query, rest, is_sorted=order is not None)


class Batch:
    """``/batches/{id}``: a map with the one batch."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the batch; one whose promotion was broken off goes on."""
        given = asked.query(req, ("properties",))
        with self._lake.store.reading() as rows:
            record = batches.require(rows, caller_of(req).scope, id)
        self._lake.promoter.resume(record)
        item = batches.render(record)
        if "properties" in given:
            names = [name.strip() for name in given["properties"].split(",")]
            item = {name: item[name] for name in names if name in item}
        resp.media = {record.id: item}


class Uniques:
    """``/batches/uniques/{field}``: the values that a property has."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response, field: str) -> None:
        """Return the values, sorted."""
        asked.query(req, ())
        if field not in _UNIQUE:
            raise invalid(
                f"the values of this property are not listed; those of {', '.join(_UNIQUE)} are"
            )
        values = set()
        with self._lake.store.reading() as rows:
            for record, _length in rows.stream(TABLE, caller_of(req).scope):
                value = record.spec_id
                if field != "dataSet":
                    value = batches.render(record)[field]
                values.add(value)
        resp.media = sorted(values)


class LastBatches:
    """``/lastBatches``: which batch of a data set was the last, and the last that succeeded or failed."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return a map from the data set asked for, or from each, to its last batches."""
        given = asked.query(req, ("dataSetId", "limit", "start"))
        limit = asked.number(given, "limit", 20, least=1, most=100)
        start = asked.number(given, "start", 0)
        scope = caller_of(req).scope
        with self._lake.store.reading() as rows:
            if "dataSetId" in given:
                names = given["dataSetId"].split(",")
                for id in names:
                    if lookup.data_set(rows, scope, id) is None:
                        raise missing(id, "dataSets")
            else:
                found = rows.select(
                    tables.data_sets,
                    scope,
                    (),
                    [tables.data_sets.c.seq.desc()],
                    limit=limit,
                    offset=start,
                )
                names = [record.id for record in found]
            told = last_batches.read(rows, scope, names)
        resp.media = {
            id: {_LAST_NAMES.get(name, name): value for name, value in facts.items()}
            for id, facts in told.items()
        }


_LAST_NAMES: Final = {
    "lastSuccessfulBatch": "lastSuccessfulBatchId",
    "lastFailedBatch": "lastFailedBatchId",
}


class DataSetFiles:
    """``/dataSetFiles``: a map from id to file, of the batches that data sets are read from."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page, newest first unless asked otherwise."""
        query = catalog_queries.read(req, _FILE_FILTERS)
        scope = caller_of(req).scope
        with self._lake.store.reading() as rows:
            where, rest = catalog_queries.where(
                query, _FILE_COLUMNS, tables.batch_files.c.created_at
            )
            order = catalog_queries.order_clauses(
                query, _FILE_ORDERS, tables.batch_files.c.id
            )
            files = batch_files.read_page(rows, scope, where, order or [])
            items = map(_render_file, files)
            found = catalog_queries.take_page(
                items, query, rest, is_sorted=order is not None
            )
        resp.media = {item["id"]: query.show(item) for item in found}


class DataSetFile:
    """``/dataSetFiles/{id}``: a map with the one file."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the file."""
        asked.query(req, ())
        where = [tables.batch_files.c.id == id]
        with self._lake.store.reading() as rows:
            found = list(batch_files.read_page(rows, caller_of(req).scope, where))
        if not found:
            raise missing(id, "dataSetFiles")
        resp.media = {found[0].id: _render_file(found[0])}


def _render_file(file: BatchFile) -> Item:
    return {
        "id": file.id,
        "imsOrg": file.scope.org,
        "dataSetId": file.data_set,
        "dataSetViewId": file.data_set,
        "batchId": file.batch,
        "dataSetFileId": file.id,
        "name": file.path,
        "size": file.size,
        "records": file.records,
        "isValid": True,
        "version": "1.0.0",
        "created": file.created_at,
        "updated": file.created_at,
        "href": f"/data/foundation/export/files/{file.id}",
    }
