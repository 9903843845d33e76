#!/usr/bin/env node
// Event handler with an initializer and a pre-stop hook: takes in OSS notifications and MNS topic messages.
"use strict";

const http = require("node:http");

const port = Number(process.env.FC_SERVER_PORT || process.env.FC_CUSTOM_LISTEN_PORT || 9000);
const RECORDS_SHOWN = 100;
const LARGEST_DOCUMENT = 1024 * 1024; // OSS and MNS send far less; anything larger is somebody's own file

let settings;

// Loads once, however often it is called: the platform may repeat the initializer, and local drivers skip it.
function load() {
  settings ??= { from: /^in\//, to: "out/" };
}

function initialize() {
  load();
  return { initialized: true };
}

function preStop() {
  return { stopped: true };
}

function clip(text) {
  return text.slice(0, 200).toWellFormed();
}

// The event as JSON value, as text where it is no JSON (an MNS message in STREAM format), or undefined where it is neither.
function decode(event) {
  if (event.length > LARGEST_DOCUMENT) return undefined;
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(event);
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pictureRecord(record) {
  const key = record.oss.object?.key;
  if (typeof key !== "string") return { kind: "other" };
  const removed = typeof record.eventName === "string" && record.eventName.startsWith("ObjectRemoved:");
  return { kind: "picture", action: removed ? "remove" : "make", thumbnail: clip(key.replace(settings.from, settings.to)) };
}

function record(value) {
  if (value?.oss) return pictureRecord(value);
  if (typeof value?.Message === "string") return { kind: "message", text: clip(value.Message) };
  if (typeof value?.body === "string") return { kind: "message", text: clip(value.body) };
  if (typeof value === "string") return value === "" ? { kind: "empty" } : { kind: "message", text: clip(value) };
  return { kind: "other" };
}

function invoke(event) {
  load();
  const value = decode(event);
  if (value === undefined) return { records: 1, shown: [{ kind: "binary", bytes: event.length }] };
  const values = Array.isArray(value?.events) ? value.events : [value].flat();
  return { records: values.length, shown: values.slice(0, RECORDS_SHOWN).map(record) };
}

const CALLS = new Map([
  ["POST /invoke", ["Invoke", invoke]],
  ["POST /initialize", ["Initialize", initialize]],
  ["GET /pre-stop", ["PreStop", preStop]],
]);

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(response, status, headers, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

async function answer(request, response) {
  let body;
  try {
    body = await readBody(request);
  } catch {
    return; // the caller went away
  }
  const call = CALLS.get(`${request.method} ${request.url}`);
  if (!call) return send(response, request.url === "/" ? 200 : 404, {}, { function: "intake" });
  const [name, run] = call;
  const id = request.headers["x-fc-request-id"] ?? "";
  console.log(`FC ${name} Start RequestId: ${id}`);
  let reply;
  try {
    reply = [200, { "x-fc-status": "200" }, run(body)];
  } catch (error) {
    console.log(`${id} [ERROR] ${error.message}`);
    reply = [404, { "x-fc-status": "404" }, { errorType: error.name, errorMessage: error.message }];
  }
  console.log(`FC ${name} End RequestId: ${id}`);
  send(response, ...reply);
}

// Function Compute reuses connections after any pause, so none of Node's time-outs may close them.
const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
server.timeout = 0;
server.listen(port, "0.0.0.0");
