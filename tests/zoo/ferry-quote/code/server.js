#!/usr/bin/env node
// Prices a crossing with the island ferries.
//
// GET  /routes
// POST /quotes   {"route": "MAL-SKY", "passengers": 2, "vehicle": {"lengthCm": 480}, "islandCard": "IC-204417"}
"use strict";

const http = require("node:http");

const port = Number(process.env.FC_SERVER_PORT || process.env.FC_CUSTOM_LISTEN_PORT || 9000);

// All amounts in pence.
const TARIFFS = new Map([
  ["MAL-SKY", { name: "Mallaig - Armadale", adult: 345, metre: 240, surcharges: { fuel: 180, harbour: 60 } }],
  ["OBA-MUL", { name: "Oban - Craignure", adult: 410, metre: 305, surcharges: { fuel: 220, harbour: 85 } }],
  ["ULL-LEW", { name: "Ullapool - Stornoway", adult: 1070, metre: 1120, surcharges: { fuel: 640, harbour: 110 } }],
]);
const ISLAND_CARD = /^IC-[0-9]{6}$/;

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function parse(body) {
  let wish;
  try {
    wish = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
  if (wish === null || typeof wish !== "object" || Array.isArray(wish)) throw new Refusal(400, "a quote is a JSON object");
  return wish;
}

function wholeNumber(value, least, most, what) {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Refusal(422, `${what} is a whole number from ${least} to ${most}`);
  }
  return value;
}

// The metres of deck that a vehicle takes up, begun ones included.
function deckMetres(vehicle) {
  if (vehicle === undefined || vehicle === null) return 0;
  if (typeof vehicle !== "object") throw new Refusal(422, "vehicle is an object with lengthCm");
  return Math.ceil(wholeNumber(vehicle.lengthCm, 100, 1800, "lengthCm") / 100);
}

// The prices that hold for this traveller: islanders pay neither fuel nor the full fare.
function tariffFor(route, islandCard) {
  const tariff = { ...TARIFFS.get(route) };
  if (islandCard === undefined || islandCard === null) return tariff;
  if (typeof islandCard !== "string" || !ISLAND_CARD.test(islandCard)) throw new Refusal(422, "no such island card");
  tariff.adult = Math.round(tariff.adult * 0.6);
  tariff.surcharges.fuel = 0;
  return tariff;
}

function quote(body) {
  const wish = parse(body);
  if (typeof wish.route !== "string" || !TARIFFS.has(wish.route)) throw new Refusal(404, "no such route");
  const passengers = wholeNumber(wish.passengers, 1, 12, "passengers");
  const metres = deckMetres(wish.vehicle);
  const tariff = tariffFor(wish.route, wish.islandCard);
  const fares = passengers * tariff.adult;
  const deck = metres * tariff.metre;
  const extras = (metres > 0 ? tariff.surcharges.fuel : 0) + passengers * tariff.surcharges.harbour;
  return { route: tariff.name, fares, deck, extras, total: fares + deck + extras, currency: "GBP" };
}

function routes() {
  return { routes: [...TARIFFS].map(([code, { name }]) => ({ code, name })) };
}

function respond(method, path, body) {
  if (path === "/" || path === "/routes") {
    if (method !== "GET" && method !== "HEAD") throw new Refusal(405, "GET only");
    return path === "/" ? { service: "ferry-quote" } : routes();
  }
  if (path !== "/quotes") throw new Refusal(404, "no such page");
  if (method !== "POST") throw new Refusal(405, "POST only");
  return quote(body);
}

function send(request, response, status, content) {
  const text = JSON.stringify(content);
  response.sendDate = false;
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(request.method === "HEAD" ? undefined : text);
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
  let reply;
  try {
    reply = [200, respond(request.method, request.url.split("?")[0], Buffer.concat(chunks))];
  } catch (error) {
    if (!(error instanceof Refusal)) console.log(`${id} [ERROR] ${error.message}`);
    reply = [error.status ?? 500, { error: error.message }];
  }
  console.log(`FC Invoke End RequestId: ${id}`);
  send(request, response, ...reply);
}

const server = http.createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
server.timeout = 0;
server.listen(port, "0.0.0.0");
