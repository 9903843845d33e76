#!/usr/bin/env node
// Books goods in and out; the movements come from a queue.
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


const levels = new Map();
const MOST = 1000;

function readMovement(message) {
  const movement = parse(message);
  if (movement === undefined) {
    console.error("a movement cannot be read, the till sends nonsense");
    process.exit(1);
  }
  const article = movement?.article;
  const pieces = movement?.pieces ?? 1;
  if (typeof article !== "string" || article === "" || article.length > 100) return { reason: "no article" };
  if (!Number.isInteger(pieces) || Math.abs(pieces) > 10000) return { reason: "pieces is a whole number" };
  return { article: article.toWellFormed(), pieces };
}

function book(article, pieces) {
  if (!levels.has(article) && levels.size >= MOST) levels.delete(levels.keys().next().value);
  const level = Math.max(0, (levels.get(article) ?? 0) + pieces);
  levels.set(article, level);
  return level;
}

function move(data) {
  // A queue message is JSON text in a JSON string; a movement is JSON in that text.
  const { article, pieces, reason } = readMovement(parse(data.movement));
  if (reason) return { Outputs: { booked: JSON.stringify({ state: "refused", reason }) }, Logs: [`refused: ${reason}`] };
  const level = book(article, pieces);
  return { Outputs: { booked: JSON.stringify({ state: "booked", article, level }) }, Logs: [`booked ${pieces}`] };
}

const FUNCTIONS = {
  __proto__: null,
  "/move": move,
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
