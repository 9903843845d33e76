#!/usr/bin/env node
// Looks at uploaded documents and tells the archive what they are.
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


const KINDS = [
  ["pdf", (head) => head.subarray(0, 5).toString("latin1") === "%PDF-"],
  ["png", (head) => head.subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47]))],
  ["zip", (head) => head.subarray(0, 4).equals(Buffer.from([0x50, 0x4b, 0x03, 0x04]))],
];

function kindOf(content) {
  if (content.length === 0) return "empty";
  const known = KINDS.find(([, matches]) => matches(content));
  if (known) return known[0];
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    return parse(text) === undefined ? "text" : "json";
  } catch {
    return "unknown";
  }
}

function extension(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1, dot + 13).toLowerCase() : "";
}

function intake(data, metadata) {
  const content = Buffer.from(data.document ?? "", "base64");
  const name = String(parse(metadata.name) ?? "");
  const kind = kindOf(content);
  const entry = {
    name: name.slice(0, 200).toWellFormed(),
    extension: extension(name).toWellFormed(),
    kind,
    bytes: content.length,
  };
  return { Outputs: { entry: JSON.stringify(entry) }, Logs: [`${kind}, ${content.length} bytes`] };
}

const FUNCTIONS = {
  __proto__: null,
  "/intake": intake,
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
