// The other side of the interoperability tests, in grpc-js.
//   node peer.js server               serves on a free port and prints "PORT n"
//   node peer.js client ADDRESS CASE  runs one case; exit code 0 when it passes
// The cases: https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync('grpc/testing/test.proto', {
  includeDirs: [path.join(__dirname, '../../protos')],
  keepCase: true,
  defaults: true,
});
const testing = grpc.loadPackageDefinition(definition).grpc.testing;

const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';

const zeros = (size) => ({ body: Buffer.alloc(size) });

// --- server ---

function echoMetadata(call) {
  const initial = call.metadata.get(ECHO_INITIAL);
  if (initial.length > 0) {
    const headers = new grpc.Metadata();
    headers.set(ECHO_INITIAL, initial[0]);
    call.sendMetadata(headers);
  }
  const trailers = new grpc.Metadata();
  const trailing = call.metadata.get(ECHO_TRAILING);
  if (trailing.length > 0) {
    trailers.set(ECHO_TRAILING, trailing[0]);
  }
  return trailers;
}

const hasStatus = (request) => request.response_status && request.response_status.code !== 0;

const handlers = {
  EmptyCall(call, callback) {
    callback(null, {}, echoMetadata(call));
  },
  UnaryCall(call, callback) {
    const trailers = echoMetadata(call);
    if (hasStatus(call.request)) {
      const { code, message } = call.request.response_status;
      callback({ code, details: message, metadata: trailers });
      return;
    }
    callback(null, { payload: zeros(call.request.response_size) }, trailers);
  },
  StreamingInputCall(call, callback) {
    const trailers = echoMetadata(call);
    let sum = 0;
    call.on('data', (request) => { sum += request.payload.body.length; });
    call.on('end', () => callback(null, { aggregated_payload_size: sum }, trailers));
  },
  StreamingOutputCall(call) {
    const trailers = echoMetadata(call);
    for (const { size } of call.request.response_parameters) {
      call.write({ payload: zeros(size) });
    }
    call.end(trailers);
  },
  FullDuplexCall(call) {
    const trailers = echoMetadata(call);
    call.on('data', (request) => {
      if (hasStatus(request)) {
        const { code, message } = request.response_status;
        call.emit('error', { code, details: message, metadata: trailers });
        return;
      }
      for (const { size } of request.response_parameters) {
        call.write({ payload: zeros(size) });
      }
    });
    call.on('end', () => call.end(trailers));
  },
};

function serve() {
  const server = new grpc.Server();
  server.addService(testing.TestService.service, handlers);
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      throw error;
    }
    console.log(`PORT ${port}`);
  });
}

// --- client ---

function unary(client, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve) => {
    const result = {};
    const call = client[method](request, metadata, (error, response) => { Object.assign(result, { error, response }); });
    call.on('metadata', (headers) => { result.headers = headers; });
    call.on('status', (status) => { result.status = status; resolve(result); });
  });
}

// Collects responses and the status of a call that streams responses.
function finish(call, onResponse = () => {}) {
  return new Promise((resolve) => {
    const result = { responses: [] };
    call.on('metadata', (headers) => { result.headers = headers; });
    call.on('data', (response) => { result.responses.push(response); onResponse(result.responses.length); });
    call.on('error', () => {});
    call.on('status', (status) => { result.status = status; resolve(result); });
  });
}

const sizes = (result) => result.responses.map((response) => response.payload.body.length);
const succeeded = (result) => assert.strictEqual(result.status.code, grpc.status.OK, result.status.details);

function echoing() {
  const metadata = new grpc.Metadata();
  metadata.set(ECHO_INITIAL, 'test_initial_metadata_value');
  metadata.set(ECHO_TRAILING, Buffer.from([0xab, 0xab, 0xab]));
  return metadata;
}

function echoed(result) {
  succeeded(result);
  assert.deepStrictEqual(result.headers.get(ECHO_INITIAL), ['test_initial_metadata_value']);
  assert.deepStrictEqual(result.status.metadata.get(ECHO_TRAILING), [Buffer.from([0xab, 0xab, 0xab])]);
}

async function expectStatus(client, code, message, methods) {
  const request = { response_status: { code, message } };
  if (methods.includes('unary')) {
    const result = await unary(client, 'UnaryCall', request);
    assert.strictEqual(result.status.code, code);
    assert.strictEqual(result.status.details, message);
  }
  if (methods.includes('duplex')) {
    const call = client.FullDuplexCall();
    call.write(request);
    call.end();
    const result = await finish(call);
    assert.strictEqual(result.status.code, code);
    assert.strictEqual(result.status.details, message);
  }
}

const cases = {
  async empty_unary(client) {
    const result = await unary(client, 'EmptyCall', {});
    succeeded(result);
    assert.ok(result.response);
  },
  async large_unary(client) {
    const result = await unary(client, 'UnaryCall', { response_size: 314159, payload: zeros(271828) });
    succeeded(result);
    assert.ok(Buffer.alloc(314159).equals(result.response.payload.body));
  },
  async client_streaming(client) {
    const result = await new Promise((resolve, reject) => {
      const call = client.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
      for (const size of [27182, 8, 1828, 45904]) {
        call.write({ payload: zeros(size) });
      }
      call.end();
    });
    assert.strictEqual(result.aggregated_payload_size, 74922);
  },
  async server_streaming(client) {
    const expected = [31415, 9, 2653, 58979];
    const result = await finish(client.StreamingOutputCall({ response_parameters: expected.map((size) => ({ size })) }));
    succeeded(result);
    assert.deepStrictEqual(sizes(result), expected);
  },
  async ping_pong(client) {
    const requests = [27182, 8, 1828, 45904];
    const expected = [31415, 9, 2653, 58979];
    const call = client.FullDuplexCall();
    const send = (index) => call.write({ response_parameters: [{ size: expected[index] }], payload: zeros(requests[index]) });
    const result = finish(call, (received) => (received < expected.length ? send(received) : call.end()));
    send(0);
    succeeded(await result);
    assert.deepStrictEqual(sizes(await result), expected);
  },
  async empty_stream(client) {
    const call = client.FullDuplexCall();
    call.end();
    const result = await finish(call);
    succeeded(result);
    assert.deepStrictEqual(sizes(result), []);
  },
  async cancel_after_begin(client) {
    const code = await new Promise((resolve) => {
      const call = client.StreamingInputCall((error) => resolve(error ? error.code : grpc.status.OK));
      call.cancel();
    });
    assert.strictEqual(code, grpc.status.CANCELLED);
  },
  async cancel_after_first_response(client) {
    const call = client.FullDuplexCall();
    const result = finish(call, () => call.cancel());
    call.write({ response_parameters: [{ size: 31415 }], payload: zeros(27182) });
    assert.strictEqual((await result).status.code, grpc.status.CANCELLED);
    assert.deepStrictEqual(sizes(await result), [31415]);
  },
  async timeout_on_sleeping_server(client) {
    const call = client.FullDuplexCall({ deadline: Date.now() + 1 });
    const result = finish(call);
    call.write({ payload: zeros(27182) });
    assert.strictEqual((await result).status.code, grpc.status.DEADLINE_EXCEEDED);
  },
  async custom_metadata(client) {
    echoed(await unary(client, 'UnaryCall', { response_size: 314159, payload: zeros(271828) }, echoing()));
    const call = client.FullDuplexCall(echoing());
    call.write({ response_parameters: [{ size: 314159 }], payload: zeros(271828) });
    call.end();
    const result = await finish(call);
    echoed(result);
    assert.deepStrictEqual(sizes(result), [314159]);
  },
  async status_code_and_message(client) {
    await expectStatus(client, grpc.status.UNKNOWN, 'test status message', ['unary', 'duplex']);
  },
  async special_status_message(client) {
    await expectStatus(client, grpc.status.UNKNOWN, '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n', ['unary']);
  },
  async unimplemented_method(client) {
    assert.strictEqual((await unary(client, 'UnimplementedCall', {})).status.code, grpc.status.UNIMPLEMENTED);
  },
  async unimplemented_service(client, address) {
    const other = new testing.UnimplementedService(address, grpc.credentials.createInsecure());
    assert.strictEqual((await unary(other, 'UnimplementedCall', {})).status.code, grpc.status.UNIMPLEMENTED);
    other.close();
  },
};

async function run(address, name) {
  const client = new testing.TestService(address, grpc.credentials.createInsecure());
  await cases[name](client, address);
  client.close();
}

if (process.argv[2] === 'server') {
  serve();
} else {
  run(process.argv[3], process.argv[4]).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
