#!/usr/bin/env node
// Writes a line into the audit queue for each order.
"use strict";

const http = require("node:http");

// The value of a JSON text, or undefined where it is no JSON text.
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}


const STATES = ["new", "paid", "sent", "returned"];

function readOrder(message) {
  const order = parse(message);
  if (typeof order !== "object" || order === null || Array.isArray(order)) return undefined;
  return order;
}

function customerOf(order) {
  const customer = order.customer ?? "guest";
  return typeof customer === "string" ? customer.slice(0, 80).toWellFormed().replace(/\s+/g, " ") : "unknown";
}

function stateOf(order) {
  return STATES.includes(order.state) ? order.state : STATES[0];
}

function totalOf(order) {
  const total = order.total ?? 0;
  return typeof total === "number" && total >= 0 && total < 1e9 ? total.toFixed(2) : "0.00";
}

function audit(data) {
  const order = readOrder(parse(data.order));
  if (!order) return { Outputs: { line: "skipped: not an order" }, Logs: ["skipped a message"] };
  const line = `{"customer":"${customerOf(order)}","state":"${stateOf(order)}","total":${totalOf(order)}}`;
  return { Outputs: { line }, Logs: [`audited ${stateOf(order)}`] };
}

const FUNCTIONS = {
  __proto__: null,
  "/audit": audit,
};

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response, status, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

async function answer(request, response) {
  let body;
  try {
    body = await readBody(request);
  } catch {
    return; // the caller went away
  }
  if (request.method !== "POST") return send(response, 200, { state: "ready" });
  const run = FUNCTIONS[request.url];
  if (!run) return send(response, 404, { error: "no such function" });
  try {
    const { Data, Metadata } = parse(body) ?? {};
    send(response, 200, run(Data ?? {}, Metadata ?? {}));
  } catch (error) {
    console.error(error.stack);
    send(response, 500, { error: error.message });
  }
}

const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
server.listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
