#!/usr/bin/env node
// An ordinary web application: with enableForwardingHttpRequest the host passes requests and answers as they are.
//
// GET  /api/greet/mira
// GET  /api/search?q=tea&limit=3
// POST /api/words             {"text": "..."}
"use strict";

const http = require("node:http");

const TEAS = ["Assam black tea", "Darjeeling", "Green tea", "Jasmine", "Lapsang souchong", "Mint", "Oolong", "Rooibos", "White tea"];
const LONGEST_TEXT = 1_000_000;

class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function greet(path) {
  return { hello: decodeURIComponent(path.split("/")[3]) };
}

function search(path, query) {
  const wanted = (query.get("q") ?? "").toLowerCase();
  const limit = query.get("limit") ?? "5";
  if (!/^[0-9]{1,3}$/.test(limit)) throw new Problem(400, "limit is a number from 0 to 999");
  const found = TEAS.filter((tea) => tea.toLowerCase().includes(wanted));
  return { found: found.length, teas: found.slice(0, Number(limit)) };
}

function words(path, query, body) {
  let text;
  try {
    text = JSON.parse(body)?.text;
  } catch {
    throw new Problem(400, "the body is not JSON");
  }
  if (typeof text !== "string") throw new Problem(422, "text is missing");
  if (text.length > LONGEST_TEXT) throw new Problem(413, "the text is too long");
  const all = text.split(/\s+/).filter(Boolean);
  return { words: all.length, different: new Set(all).size };
}

const ROUTES = [
  ["GET", /^\/api\/greet\/[^/]+\/?$/i, greet],
  ["GET", /^\/api\/search\/?$/i, search],
  ["POST", /^\/api\/words\/?$/i, words],
  ["GET", /^\/$/, () => ({ state: "ready" })],
];

function respond(method, url, body) {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark));
  const route = ROUTES.find(([, pattern]) => pattern.test(path));
  if (!route) throw new Problem(404, "no such page");
  if (route[0] !== method) throw new Problem(405, `${route[0]} only`);
  return route[2](path, query, body);
}

function send(response, status, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

async function answer(request, response) {
  const chunks = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return; // the caller went away
  }
  try {
    send(response, 200, respond(request.method, request.url, Buffer.concat(chunks).toString()));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    send(response, error.status, { error: error.message });
  }
}

// The host lets callers send up to 32 KiB of headers; Node's own limit is half of that.
const limits = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
http.createServer(limits, answer).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
