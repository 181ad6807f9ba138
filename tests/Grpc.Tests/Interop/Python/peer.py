"""The other side of the interoperability tests, in python3-grpcio.

  peer.py STUBS server               serves on a free port and prints "PORT n"
  peer.py STUBS client ADDRESS CASE  runs one case; exit code 0 when it passes

STUBS is the directory that grpc_tools.protoc wrote to.
The cases: https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
"""

import concurrent.futures
import os
import queue
import sys

import grpc

# The stubs are in the package grpc.testing, which is to be found beside grpc's own modules.
grpc.__path__.append(os.path.join(sys.argv[1], "grpc"))

from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # noqa: E402

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"
ECHOING = ((ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, b"\xab\xab\xab"))
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
TIMEOUT_S = 120


def zeros(size):
    return messages_pb2.Payload(body=b"\0" * size)


class TestService(test_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        echo_metadata(context)
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        echo_metadata(context)
        end_as_asked(request, context)
        return messages_pb2.SimpleResponse(payload=zeros(request.response_size))

    def StreamingInputCall(self, request_iterator, context):
        echo_metadata(context)
        total = sum(len(request.payload.body) for request in request_iterator)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=total)

    def StreamingOutputCall(self, request, context):
        echo_metadata(context)
        yield from answers(request)

    def FullDuplexCall(self, request_iterator, context):
        echo_metadata(context)
        for request in request_iterator:
            end_as_asked(request, context)
            yield from answers(request)


def answers(request):
    for parameters in request.response_parameters:
        yield messages_pb2.StreamingOutputCallResponse(payload=zeros(parameters.size))


def echo_metadata(context):
    metadata = dict(context.invocation_metadata())
    if ECHO_INITIAL in metadata:
        context.send_initial_metadata(((ECHO_INITIAL, metadata[ECHO_INITIAL]),))
    if ECHO_TRAILING in metadata:
        context.set_trailing_metadata(((ECHO_TRAILING, metadata[ECHO_TRAILING]),))


def end_as_asked(request, context):
    if request.HasField("response_status") and request.response_status.code != 0:
        code = next(code for code in grpc.StatusCode if code.value[0] == request.response_status.code)
        context.abort(code, request.response_status.message)


def serve():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=10))
    test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"PORT {port}", flush=True)
    server.wait_for_termination()


class Requests:
    """An iterator of requests that a case feeds as responses come in."""

    def __init__(self):
        self._queue = queue.Queue()

    def __iter__(self):
        return iter(self._queue.get, None)

    def send(self, request):
        self._queue.put(request)

    def complete(self):
        self._queue.put(None)


def duplex_request(request_size, response_size):
    return messages_pb2.StreamingOutputCallRequest(
        response_parameters=[messages_pb2.ResponseParameters(size=response_size)], payload=zeros(request_size))


def large_request():
    return messages_pb2.SimpleRequest(response_size=314159, payload=zeros(271828))


def expect_failure(call, code, details=None):
    try:
        call()
    except (grpc.RpcError, grpc.FutureCancelledError) as error:
        actual = grpc.StatusCode.CANCELLED if isinstance(error, grpc.FutureCancelledError) else error.code()
        assert actual == code, error
        assert details is None or error.details() == details, error.details()
    else:
        raise AssertionError(f"The call succeeded instead of failing with {code}.")


def empty_unary(stub, _):
    assert stub.EmptyCall(empty_pb2.Empty(), timeout=TIMEOUT_S) == empty_pb2.Empty()


def large_unary(stub, _):
    assert stub.UnaryCall(large_request(), timeout=TIMEOUT_S).payload.body == b"\0" * 314159


def client_streaming(stub, _):
    requests = (messages_pb2.StreamingInputCallRequest(payload=zeros(size)) for size in REQUEST_SIZES)
    assert stub.StreamingInputCall(requests, timeout=TIMEOUT_S).aggregated_payload_size == 74922


def server_streaming(stub, _):
    request = messages_pb2.StreamingOutputCallRequest(
        response_parameters=[messages_pb2.ResponseParameters(size=size) for size in RESPONSE_SIZES])
    assert tuple(len(response.payload.body) for response in stub.StreamingOutputCall(request, timeout=TIMEOUT_S)) == RESPONSE_SIZES


def ping_pong(stub, _):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT_S)
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        requests.send(duplex_request(request_size, response_size))
        assert len(next(call).payload.body) == response_size
    requests.complete()
    assert list(call) == []


def empty_stream(stub, _):
    assert list(stub.FullDuplexCall(iter(()), timeout=TIMEOUT_S)) == []


def cancel_after_begin(stub, _):
    requests = Requests()
    call = stub.StreamingInputCall.future(iter(requests), timeout=TIMEOUT_S)
    call.cancel()
    assert call.cancelled()
    expect_failure(call.result, grpc.StatusCode.CANCELLED)
    requests.complete()


def cancel_after_first_response(stub, _):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT_S)
    requests.send(duplex_request(27182, 31415))
    assert len(next(call).payload.body) == 31415
    call.cancel()
    expect_failure(lambda: next(call), grpc.StatusCode.CANCELLED)
    requests.complete()


def timeout_on_sleeping_server(stub, _):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=0.001)
    requests.send(messages_pb2.StreamingOutputCallRequest(payload=zeros(27182)))
    expect_failure(lambda: next(call), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.complete()


def custom_metadata(stub, _):
    response, call = stub.UnaryCall.with_call(large_request(), metadata=ECHOING, timeout=TIMEOUT_S)
    assert len(response.payload.body) == 314159
    expect_echo(call)
    call = stub.FullDuplexCall(iter((duplex_request(271828, 314159),)), metadata=ECHOING, timeout=TIMEOUT_S)
    assert [len(response.payload.body) for response in call] == [314159]
    expect_echo(call)


def expect_echo(call):
    assert dict(call.initial_metadata())[ECHO_INITIAL] == "test_initial_metadata_value"
    assert dict(call.trailing_metadata())[ECHO_TRAILING] == b"\xab\xab\xab"


def status_code_and_message(stub, _):
    status = messages_pb2.EchoStatus(code=2, message="test status message")
    expect_failure(
        lambda: stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status), timeout=TIMEOUT_S),
        grpc.StatusCode.UNKNOWN, status.message)
    requests = (messages_pb2.StreamingOutputCallRequest(response_status=status),)
    expect_failure(
        lambda: list(stub.FullDuplexCall(iter(requests), timeout=TIMEOUT_S)), grpc.StatusCode.UNKNOWN, status.message)


def special_status_message(stub, _):
    status = messages_pb2.EchoStatus(code=2, message="\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")
    expect_failure(
        lambda: stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status), timeout=TIMEOUT_S),
        grpc.StatusCode.UNKNOWN, status.message)


def unimplemented_method(stub, _):
    expect_failure(lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=TIMEOUT_S), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(_, channel):
    stub = test_pb2_grpc.UnimplementedServiceStub(channel)
    expect_failure(lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=TIMEOUT_S), grpc.StatusCode.UNIMPLEMENTED)


def run(address, case):
    with grpc.insecure_channel(address) as channel:
        globals()[case](test_pb2_grpc.TestServiceStub(channel), channel)


if __name__ == "__main__":
    if sys.argv[2] == "server":
        serve()
    else:
        run(sys.argv[3], sys.argv[4])
