// Serves one event function as a custom runtime of Function Compute.
"use strict";

const http = require("node:http");

const port = Number(process.env.FC_SERVER_PORT || process.env.FC_CUSTOM_LISTEN_PORT || 9000);

class Rejected extends Error {}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(response, status, headers, content) {
  const body = Buffer.from(JSON.stringify(content));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length, ...headers });
  response.end(body);
}

function parse(event) {
  try {
    return JSON.parse(event.toString("utf8"));
  } catch {
    throw new Rejected("the event is not JSON");
  }
}

function serve(calls) {
  async function answer(request, response) {
    const body = await readBody(request).catch(() => null);
    if (body === null) return; // the caller went away
    const path = request.url;
    const name = { "/invoke": "Invoke", "/initialize": "Initialize" }[path];
    const call = request.method === "POST" && name ? calls[name.toLowerCase()] : undefined;
    if (!call) return send(response, path === "/" ? 200 : 404, {}, { status: "up" });
    const id = request.headers["x-fc-request-id"] ?? "";
    console.log(`FC ${name} Start RequestId: ${id}`);
    let reply;
    try {
      reply = [200, { "x-fc-status": "200" }, await call(body)];
    } catch (error) {
      if (!(error instanceof Rejected)) console.log(error.stack);
      reply = error instanceof Rejected
        ? [404, { "x-fc-status": "404" }, { error: error.message }]
        : [500, { "x-fc-status": "404" }, { error: "internal error" }];
    }
    console.log(`FC ${name} End RequestId: ${id}`);
    send(response, ...reply);
  }
  // Function Compute reuses connections after any pause, so none of Node's time-outs may close them.
  const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
  server.timeout = 0;
  server.listen(port, "0.0.0.0");
}

module.exports = { Rejected, parse, serve };
