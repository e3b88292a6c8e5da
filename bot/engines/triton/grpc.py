"""Triton over gRPC: one HTTP/2 connection a host, one call a request, so that each can be cancelled alone.

On top of tritonclient's generated stubs: its asyncio client cannot ask for the empty final response, without
which a stream that ended early looks like one that is complete.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Literal

from google.protobuf.json_format import MessageToDict
from grpc import ssl_channel_credentials
from grpc.aio import AioRpcError, insecure_channel, secure_channel
from tritonclient.grpc import service_pb2 as proto
from tritonclient.grpc import service_pb2_grpc

from bot.engines.remote.transport import Answer, Ask, Load, Served, Trouble
from bot.engines.triton.contract import Contract, Pieces, Tensor, detect
from bot.engines.triton.served import load, served, steps, with_policy
from bot.engines.triton.tensors import pack, unpack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.engines.remote.address import Address
    from bot.engines.remote.credentials import Credentials

__all__ = ["GrpcTransport"]

_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),  # an engine's address is explicit: code goes nowhere else
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.use_local_subchannel_pool", 1),  # a connection of its own, with its own reconnection
]
_QUICK = 5.0  # seconds for what is no generation
_GRACE = 0.5  # seconds for a server to act on a request to stop
_REFUSALS = {"NOT_FOUND", "INVALID_ARGUMENT", "UNIMPLEMENTED", "UNAUTHENTICATED", "PERMISSION_DENIED"}
_FINAL = "triton_final_response"


class GrpcTransport:
    """One host; with `stream` tokens are sent as they come, and an answer ends at its stop sequence."""

    def __init__(self, host: str, address: Address, secret: Credentials) -> None:
        self.host = host
        self._model = address.path
        self._stream = address.options.get("stream") in {"yes", "true", "1"}
        self._secret = secret
        self._metadata = tuple(secret.headers.items())
        if address.tls:
            creds = ssl_channel_credentials(secret.ca, secret.key, secret.certificate)
            self._channel = secure_channel(host, creds, options=_OPTIONS)
        else:
            self._channel = insecure_channel(host, options=_OPTIONS)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._contract: Contract | None = None
        self._steps: list[str] = []  # models that an ensemble is made of

    async def describe(self) -> Served:
        """Read metadata and configuration.

        Raises:
            Trouble: The server is not there, has no such model, or it is of an unknown kind.
        """
        metadata = await self._call("ModelMetadata", proto.ModelMetadataRequest(name=self._model))
        config = await self._config(self._model)
        self._steps = steps(config)
        inner = [await self._config(name) for name in self._steps]
        self._contract = detect(metadata, with_policy(config, inner))
        return served(self._contract, metadata, config, inner)

    async def ready(self) -> bool:
        """Ask whether the model is ready."""
        try:
            found = await self._call("ModelReady", proto.ModelReadyRequest(name=self._model))
            if found.get("ready") and self._contract is None:
                await self.describe()
        except Trouble:
            return False
        return bool(found.get("ready"))

    async def load(self) -> Load | None:
        """Read the model's statistics."""
        try:
            names = (self._model, *self._steps)
            own, *inner = [
                await self._call("ModelStatistics", proto.ModelStatisticsRequest(name=name)) for name in names
            ]
        except Trouble:
            return None
        return load(own, inner)

    async def ask(self, ask: Ask) -> Answer:
        """Send one request; over a stream where the model may answer in several parts."""
        if self._contract is None:
            await self.describe()
        contract = self._contract
        assert contract is not None  # noqa: S101 - `describe` sets or raises
        pieces = Pieces(contract, ask)
        request = self._request(ask, contract, contract.tensors(ask, stream=self._stream))
        try:
            if contract.decoupled:
                await self._converse(request, ask, contract, pieces)
            else:
                pieces.add(_outputs(await self._stub.ModelInfer(request, metadata=self._metadata)))
        except AioRpcError as error:
            raise self._trouble(error.code().name, str(error.details() or "")) from None
        return pieces.answer()

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close()

    async def _converse(self, request: Any, ask: Ask, contract: Contract, pieces: Pieces) -> None:  # noqa: ANN401 - protobuf
        """Send a request on a stream of its own and take responses until the final one."""
        over = asyncio.Event()

        async def requests() -> AsyncIterator[Any]:
            yield request
            if contract.stoppable:
                await over.wait()
                yield self._request(ask, contract, contract.stop_tensors())

        call = self._stub.ModelStreamInfer(requests(), metadata=self._metadata)
        try:
            async for response in call:
                if response.error_message:
                    raise self._trouble("", response.error_message)
                if response.infer_response.outputs:
                    pieces.add(_outputs(response.infer_response))
                if response.infer_response.parameters[_FINAL].bool_param:
                    return
                if self._stream and any(stop in pieces.text for stop in ask.stop):
                    return  # what follows is not needed, and leaving ends it
            raise Trouble("lost", "the stream ended before the final response")
        except asyncio.CancelledError:
            over.set()
            if contract.stoppable:
                with contextlib.suppress(AioRpcError, asyncio.TimeoutError, TimeoutError):
                    await asyncio.wait_for(_drain(call), _GRACE)
            raise
        finally:
            call.cancel()

    def _request(self, ask: Ask, contract: Contract, tensors: list[Tensor]) -> Any:  # noqa: ANN401 - protobuf
        request = proto.ModelInferRequest(model_name=self._model, id=ask.id)
        for tensor in tensors:
            size = len(tensor.values)
            shape = [1, size] if contract.batched else [size]
            request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=shape)
            request.raw_input_contents.append(pack(tensor.datatype, tensor.values))
        for name in contract.outputs:
            request.outputs.add(name=name)
        if contract.decoupled:
            request.parameters["triton_enable_empty_final_response"].bool_param = True
        return request

    async def _config(self, model: str) -> dict[str, Any]:
        found = await self._call("ModelConfig", proto.ModelConfigRequest(name=model))
        config: dict[str, Any] = found.get("config", {})
        return config

    async def _call(self, method: str, request: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf
        try:
            reply = await getattr(self._stub, method)(request, metadata=self._metadata, timeout=_QUICK)
        except AioRpcError as error:
            raise self._trouble(error.code().name, str(error.details() or "")) from None
        found: dict[str, Any] = MessageToDict(reply, preserving_proto_field_name=True)
        return found

    def _trouble(self, code: str, detail: str) -> Trouble:
        """Say what kind of trouble an error is; inside a stream it has no code."""
        kind: Literal["busy", "lost", "refused", "broken"] = "broken"
        if "maximum queue size" in detail.lower() or code == "RESOURCE_EXHAUSTED":
            kind = "busy"
        elif code in {"UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED"}:
            kind = "lost"
        elif code in _REFUSALS:
            kind = "refused"
        return Trouble(kind, self._secret.scrub(detail or code))


async def _drain(call: AsyncIterator[Any]) -> None:
    async for _ in call:
        pass


def _outputs(response: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf
    raw = response.raw_output_contents
    return {
        output.name: unpack(output.datatype, raw[at])
        for at, output in enumerate(response.outputs)
        if at < len(raw)
    }
