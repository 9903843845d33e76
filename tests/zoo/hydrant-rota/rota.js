#!/usr/bin/env node
// The fire brigade looks after each hydrant on a fixed day of some months.
//   GET  /api/rota                 the districts and how often their hydrants are due
//   POST /api/rota  {"hydrant": "N-104", "day": 31, "months": [1, 7], "visits": 4, "from": "2025-03"}
"use strict";

const http = require("node:http");

const DISTRICTS = {
  N: { name: "North quay", minutes: 20 },
  H: { name: "Hill", minutes: 35 },
  M: { name: "Market", minutes: 15 },
  W: { name: "Waterworks", minutes: 40 },
};
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const ALL_MONTHS = LENGTHS.map((_, index) => index + 1);
const MOST_VISITS = 24;

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function daysIn(year, month) {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return LENGTHS[month] + (month === 1 && leap ? 1 : 0);
}

function whole(value, low, high, what) {
  if (!Number.isInteger(value) || value < low || value > high) throw new Refusal(422, `${what} is a whole number from ${low} to ${high}`);
  return value;
}

function firstMonth(text) {
  const found = /^(20[0-9]{2})-(0[1-9]|1[0-2])$/.exec(text);
  if (!found) throw new Refusal(422, "from is a month such as 2025-03");
  return Number(found[1]) * 12 + Number(found[2]) - 1;
}

function monthsOf(value) {
  if (!Array.isArray(value) || value.length < 1 || value.length > 12) throw new Refusal(422, "months is a list of 1 to 12 months");
  return new Set(value.map((month) => whole(month, 1, 12, "each month") - 1));
}

function visits(day, months, count, from) {
  const dates = [];
  for (let month = from; dates.length < count; month += 1) {
    const year = Math.floor(month / 12);
    if (!months.has(month % 12)) continue;
    if (day > daysIn(year, month % 12)) continue; // no such day this time round
    dates.push(`${year}-${String((month % 12) + 1).padStart(2, "0")}-${String(day).padStart(2, "0")}`);
  }
  return dates;
}

function plan(order) {
  if (order === null || typeof order !== "object" || Array.isArray(order)) throw new Refusal(400, "the body is a JSON object");
  const { hydrant, day, months = ALL_MONTHS, visits: count = 4, from = "2025-01" } = order;
  if (typeof hydrant !== "string" || !/^[NHMW]-[0-9]{1,4}$/.test(hydrant)) throw new Refusal(422, "hydrant is a number such as N-104");
  if (typeof from !== "string") throw new Refusal(422, "from is a text");
  const dates = visits(whole(day, 1, 31, "day"), monthsOf(months), whole(count, 1, MOST_VISITS, "visits"), firstMonth(from));
  const district = DISTRICTS[hydrant[0]];
  return { hydrant, district: district.name, dates, minutes: dates.length * district.minutes };
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
}

function respond(method, path, body) {
  if (path === "/") return { state: "ready" };
  if (path.replace(/\/$/, "").toLowerCase() !== "/api/rota") throw new Refusal(404, "no such page");
  if (method === "GET" || method === "HEAD") return { districts: DISTRICTS };
  if (method !== "POST") throw new Refusal(405, "GET and POST only");
  return plan(parse(body));
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
    send(response, 200, respond(request.method, request.url.split("?")[0], Buffer.concat(chunks).toString()));
  } catch (error) {
    if (!(error instanceof Refusal)) console.log(`unexpected: ${error.stack}`);
    send(response, error.status ?? 500, { error: error.message });
  }
}

const limits = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
http.createServer(limits, answer).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
