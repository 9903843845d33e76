#!/usr/bin/env node
// Takes webhooks of the payment service and checks their signature.
"use strict";

const http = require("node:http");
const crypto = require("node:crypto");

class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const SECRET = process.env.WEBHOOK_SECRET ?? "only-for-tests";
const EVENTS = ["payment.created", "payment.failed", "payment.refunded"];

function signatureOf(body) {
  return crypto.createHmac("sha256", SECRET).update(body).digest("hex");
}

// The header is "sha256=" and the digest in hex digits.
function isGenuine(header, body) {
  const [scheme, digest] = header.split("=");
  if (scheme !== "sha256" || digest === undefined) return false;
  return crypto.timingSafeEqual(Buffer.from(digest), Buffer.from(signatureOf(body)));
}

function readEvent(body) {
  let event;
  try {
    event = JSON.parse(body.toString());
  } catch {
    throw new Problem(400, "the body is not JSON");
  }
  if (!EVENTS.includes(event?.type)) throw new Problem(422, `type is one of ${EVENTS.join(", ")}`);
  return event;
}

function receive(request, body) {
  const header = request.headers["x-signature"];
  if (!header) throw new Problem(401, "the signature is missing");
  if (!isGenuine(header, body)) throw new Problem(403, "the signature is wrong");
  return { accepted: readEvent(body).type };
}

function respond(request, path, query, body) {
  if (path === "/") return { state: "ready" };
  if (!/^\/api\/webhooks\/payments\/?$/i.test(path)) throw new Problem(404, "no such page");
  if (request.method !== "POST") throw new Problem(405, "POST only");
  return receive(request, body);
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
    const [path, text] = split(request.url);
    send(response, 200, respond(request, path, new URLSearchParams(text), Buffer.concat(chunks)));
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error.stack);
    send(response, error.status ?? 500, { error: error.message });
  }
}

function split(url) {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

const limits = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
http.createServer(limits, answer).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
