"""Explorations and tests answered by samples, where the operator asked for them and nobody can ask the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.files.folder import FolderFiles
from headwater_local_flow_service.landing import exploring
from headwater_local_flow_service.samples import source as samples
from headwater_local_flow_service.specs import source_shapes

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.connections.questions import Question
    from headwater_local_flow_service.specs.source_shapes import SourceShape


def explore(
    question: Question, of_files: exploring.FileQuestion, shape: SourceShape
) -> Any:
    """Return the samples that a question is about, marked as such. Raises `FlowError` where there are none of it."""
    if shape.kind == source_shapes.FILE:
        return samples.mark(exploring.explore(_SampleFiles(), of_files).answer)
    answer = _find(question, shape)
    if answer is None:
        raise FlowError(
            "CONNECTOR-1330-400",
            "the sample data has no such object: explore the root for those it has",
        )
    return samples.mark(answer)


def tell(resp: falcon.Response) -> None:
    """Mark an answer as a sample in its headers."""
    resp.set_header(samples.HEADER, "true")


class _SampleFiles:
    """The sample files, as one container."""

    container: Final = "samples"

    @property
    def files(self) -> FolderFiles:
        """What lies in it."""
        return FolderFiles(samples.files_folder())


def _find(question: Question, shape: SourceShape) -> Any:
    if shape.kind == source_shapes.REST:
        return samples.describe_resource(preview=question.preview)
    if question.object_type == "root":
        return samples.list_tables()
    return samples.describe_table(question.object, preview=question.preview)
