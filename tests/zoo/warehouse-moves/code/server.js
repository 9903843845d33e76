#!/usr/bin/env node
// Books stock movements from a queue: {"sku": "A-100", "delta": -2}
"use strict";

const http = require("node:http");

const port = Number(process.env.FC_SERVER_PORT || process.env.FC_CUSTOM_LISTEN_PORT || 9000);
const SKU = /^[A-Z]-\d{3}$/;

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function movement(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: "not JSON" };
  }
  if (!SKU.test(value?.sku)) return { error: "unknown sku" };
  if (!Number.isInteger(value.delta)) return { error: "delta is no whole number" };
  return { sku: value.sku, delta: value.delta };
}

function invoke(event) {
  const message = JSON.parse(event.toString("utf8"));
  const text = Buffer.from(message.data.messageBody, "base64").toString("utf8");
  const booked = movement(text);
  console.log(`[INFO] message ${message.data.messageId}: ${booked.error ?? "booked"}`);
  return booked;
}

function send(response, status, headers, content) {
  const body = Buffer.from(JSON.stringify(content));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length, ...headers });
  response.end(body);
}

async function answer(request, response) {
  const body = await readBody(request).catch(() => null);
  if (body === null) return;
  if (request.method !== "POST" || request.url !== "/invoke") return send(response, request.url === "/" ? 200 : 404, {}, {});
  const id = request.headers["x-fc-request-id"] ?? "";
  console.log(`FC Invoke Start RequestId: ${id}`);
  const result = invoke(body);
  console.log(`FC Invoke End RequestId: ${id}`);
  const failed = result.error !== undefined;
  send(response, failed ? 404 : 200, { "x-fc-status": failed ? "404" : "200" }, result);
}

const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
server.timeout = 0;
server.listen(port, "0.0.0.0");
