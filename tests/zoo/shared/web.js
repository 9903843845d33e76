// Serves a web function as a custom runtime of Function Compute: routes, problems, keep-alive.
"use strict";

const http = require("node:http");

const port = Number(process.env.FC_SERVER_PORT || process.env.FC_CUSTOM_LISTEN_PORT || 9000);

class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function jsonObject(body) {
  let value;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new Problem(400, "the body is not JSON");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Problem(400, "the body is not an object");
  return value;
}

function send(request, response, status, content) {
  const body = Buffer.from(JSON.stringify(content));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

function route(routes, request, body) {
  const cut = request.url.indexOf("?");
  const path = cut < 0 ? request.url : request.url.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? "" : request.url.slice(cut + 1));
  const method = request.method === "HEAD" ? "GET" : request.method;
  const found = routes.map(([verb, pattern, call]) => [verb, pattern.exec(path), call]).filter(([, match]) => match);
  if (!found.length) throw new Problem(404, "no such page");
  const fitting = found.find(([verb]) => verb === method);
  if (!fitting) throw new Problem(405, "method not allowed");
  return fitting[2]({ match: fitting[1], query, headers: request.headers, body });
}

function serve(...routes) {
  async function answer(request, response) {
    const id = request.headers["x-fc-request-id"] ?? "";
    console.log(`FC Invoke Start RequestId: ${id}`);
    const body = await readBody(request).catch(() => null);
    if (body === null) return; // the caller went away
    let reply;
    try {
      reply = await route(routes, request, body);
    } catch (error) {
      if (!(error instanceof Problem)) console.log(error.stack);
      reply = error instanceof Problem ? [error.status, { error: error.message }] : [500, { error: "internal error" }];
    }
    console.log(`FC Invoke End RequestId: ${id}`);
    send(request, response, ...reply);
  }
  // Function Compute reuses connections after any pause, so none of Node's time-outs may close them.
  const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
  server.timeout = 0;
  server.listen(port, "0.0.0.0");
}

module.exports = { Problem, jsonObject, serve };
