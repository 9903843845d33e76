#!/usr/bin/env node
// Computes the sizes of thumbnails so that they fit into a box.
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


function reply(statusCode, content) {
  return { Outputs: { res: { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) } } };
}


const BOXES = { __proto__: null, small: 120, medium: 320, large: 1024 };

function side(text) {
  const value = Number(text ?? "100");
  return Number.isInteger(value) && value >= 1 && value <= 20000 ? value : undefined;
}

function fit(width, height, box) {
  const scale = Math.min(1, box / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function sizes(data) {
  const query = data.req?.Query ?? {};
  const width = side(query.width);
  const height = side(query.height);
  if (width === undefined || height === undefined) {
    return reply(400, { error: "width and height are whole numbers from 1 to 20000" });
  }
  const wanted = query.box ? query.box.split(",") : Object.keys(BOXES);
  const unknown = wanted.filter((name) => !(name in BOXES));
  if (unknown.length > 0) return reply(400, { error: "unknown box", known: Object.keys(BOXES) });
  return reply(200, Object.fromEntries(wanted.map((name) => [name, fit(width, height, BOXES[name])])));
}

const FUNCTIONS = {
  __proto__: null,
  "/sizes": sizes,
};

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response, status, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, { "Content-Length": Buffer.byteLength(body) });
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
