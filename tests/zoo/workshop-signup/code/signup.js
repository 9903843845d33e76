#!/usr/bin/env node
// Evening workshops.  GET /workshops   GET /workshops/kiln   GET /signups/<id>
// POST /workshops/kiln/signups  {"name": "Ada", "email": "ada@example.org", "seats": 2}, with or without Idempotency-Key
"use strict";

const http = require("node:http");
const { createHash, randomUUID } = require("node:crypto");
const { setTimeout: pause } = require("node:timers/promises");

const port = Number(process.env.FC_SERVER_PORT || process.env.FC_CUSTOM_LISTEN_PORT || 9000);
const WORKSHOPS = new Map([
  ["kiln", { title: "First firing", seats: 12 }],
  ["looms", { title: "Weaving on a frame", seats: 8 }],
  ["bees", { title: "A year with bees", seats: 30 }],
]);
const WAITING = 10; // places on the waiting list
const REMEMBERED = 300;
const [MAILERS, MAIL_QUEUE] = [4, 60];
const LARGEST_BODY = 32 * 1024;

const lists = new Map([...WORKSHOPS.keys()].map((id) => [id, new Map()])); // by e-mail
const signups = new Map();
const replays = new Map();
const mail = { busy: 0, waiting: [] };
let served = 0;

class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    Object.assign(this, { status, headers });
  }
}

function remember(map, key, value) {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value);
}

// Confirms by mail; at most MAILERS connections to the relay are open at the same time.
async function confirm() {
  if (mail.busy < MAILERS) mail.busy += 1;
  else await new Promise((resolve) => mail.waiting.push(resolve)); // takes over the place of the one that ends
  try {
    await pause(5);
  } finally {
    const next = mail.waiting.shift();
    if (next) next();
    else mail.busy -= 1;
  }
}

function applicant(body) {
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
  const { name, email, seats = 1 } = value ?? {};
  if (typeof name !== "string" || !name.trim() || name.length > 80) throw new Refusal(422, "name has 1 to 80 characters");
  if (typeof email !== "string" || email.length > 120 || !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email)) throw new Refusal(422, "no e-mail address");
  if (!Number.isInteger(seats) || seats < 1 || seats > 4) throw new Refusal(422, "seats is 1 to 4");
  return { name: name.trim().toWellFormed(), email: email.toLowerCase().toWellFormed(), seats };
}

async function book(id, person) {
  const list = lists.get(id);
  if (list.has(person.email)) throw new Refusal(409, "already signed up");
  if (mail.waiting.length >= MAIL_QUEUE) throw new Refusal(503, "busy, try again soon", { "Retry-After": "1" });
  const state = person.seats <= describe(id).left ? "booked" : "waiting";
  if (state === "waiting" && [...list.values()].filter((entry) => entry.state === "waiting").length >= WAITING) throw new Refusal(409, "the workshop is full");
  const entry = { id: randomUUID(), workshop: id, ...person, state, at: new Date().toISOString() };
  list.set(person.email, entry);
  remember(signups, entry.id, entry);
  await confirm();
  return [state === "booked" ? 201 : 202, entry, { Location: `/signups/${entry.id}` }];
}

async function signUp(id, body, key) {
  if (!key) return book(id, applicant(body));
  const print = createHash("sha256").update(`${id}\n`).update(body).digest("hex");
  const known = replays.get(key);
  if (known && known.print !== print) throw new Refusal(422, "this Idempotency-Key was used for another request");
  if (known) {
    const [status, entry, headers] = await known.result;
    return [status, entry, { ...headers, "Idempotent-Replayed": "true" }];
  }
  const result = Promise.resolve().then(() => book(id, applicant(body)));
  remember(replays, key, { print, result });
  result.catch(() => replays.delete(key)); // a refusal may be tried again
  return result;
}

function describe(id) {
  const left = [...lists.get(id).values()].reduce((sum, entry) => sum - (entry.state === "booked" ? entry.seats : 0), WORKSHOPS.get(id).seats);
  return { id, ...WORKSHOPS.get(id), left };
}

function respond(request, body) {
  const [kind, id, more, ...rest] = request.url.split("?")[0].split("/").slice(1).filter((part, n, all) => part || n < all.length - 1);
  const read = request.method === "GET" || request.method === "HEAD";
  if (rest.length || !["workshops", "signups", undefined].includes(kind)) throw new Refusal(404, "no such page");
  if (more === undefined && !read) throw new Refusal(405, "GET only", { Allow: "GET, HEAD" });
  if (kind === undefined) return [200, { state: "open", served }];
  if (kind === "signups" && more === undefined && signups.has(id)) return [200, signups.get(id)];
  if (kind === "workshops" && id === undefined) return [200, { workshops: [...WORKSHOPS.keys()].map(describe) }];
  if (kind === "signups" || !WORKSHOPS.has(id) || (more !== undefined && more !== "signups")) throw new Refusal(404, "no such page");
  if (more === undefined) return [200, describe(id)];
  if (request.method !== "POST") throw new Refusal(405, "POST only", { Allow: "POST" });
  if (body.length > LARGEST_BODY) throw new Refusal(413, "too long");
  return signUp(id, body, request.headers["idempotency-key"]?.slice(0, 200));
}

async function answer(request, response) {
  const chunks = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return; // the caller went away
  }
  const id = request.headers["x-fc-request-id"] ?? "";
  console.log(`FC Invoke Start RequestId: ${id}`);
  served += 1;
  let reply;
  try {
    reply = await respond(request, Buffer.concat(chunks));
  } catch (error) {
    if (!(error instanceof Refusal)) console.log(`${id} [ERROR] ${error.stack}`);
    reply = [error.status ?? 500, { error: error.message }, error.headers];
  }
  const [status, content, headers = {}] = reply;
  const body = JSON.stringify(content);
  console.log(`FC Invoke End RequestId: ${id}`);
  response.sendDate = false;
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

const limits = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
http.createServer(limits, answer).listen(port, "0.0.0.0");
