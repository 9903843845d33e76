#!/usr/bin/env node
// Shows which meeting rooms are free at an hour of the day.
"use strict";

const http = require("node:http");

class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const ROOMS = [
  { name: "harbour", seats: 4, busy: [9, 10] },
  { name: "attic", seats: 8, busy: [14] },
  { name: "garden", seats: 20, busy: [8, 9, 16, 17] },
];

// The gateway gives every request an id; its first part is enough for the log.
function traceLabel(request) {
  return request.headers["x-correlation-id"].slice(0, 8).replace(/[^0-9a-f]/gi, "");
}

function wholeNumber(text, low, high, name) {
  const value = /^[0-9]{1,4}$/.test(text) ? Number(text) : NaN;
  if (!(value >= low && value <= high)) throw new Problem(400, `${name} is a number from ${low} to ${high}`);
  return value;
}

function freeRooms(query) {
  const hour = wholeNumber(query.get("hour") ?? "9", 0, 23, "hour");
  const seats = wholeNumber(query.get("seats") ?? "1", 1, 500, "seats");
  const fitting = ROOMS.filter((room) => room.seats >= seats && !room.busy.includes(hour));
  return { hour, rooms: fitting.map((room) => room.name) };
}

function respond(method, path, query) {
  if (!/^\/api\/rooms\/?$/i.test(path)) throw new Problem(404, "no such page");
  if (method !== "GET") throw new Problem(405, "GET only");
  return freeRooms(query);
}

function send(response, status, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

async function answer(request, response) {
  if (request.url === "/") return send(response, 200, { state: "ready" });
  const label = traceLabel(request);
  try {
    const [path, text] = request.url.split("?");
    const content = respond(request.method, path, new URLSearchParams(text ?? ""));
    console.log(`${label} ok`);
    send(response, 200, content);
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error.stack);
    send(response, error.status ?? 500, { error: error.message });
  }
}

const limits = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
http.createServer(limits, answer).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
