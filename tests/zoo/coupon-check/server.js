#!/usr/bin/env node
// Says what a coupon is worth for a basket.
"use strict";

const http = require("node:http");

class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const COUPONS = new Map([
  ["WELCOME10", { percent: 10, until: new Date("2031-01-01") }],
  ["SPRING5", { cents: 500, from: 3000, until: new Date("2031-06-01") }],
  ["FRIENDS", { percent: 25, from: 5000 }],
  ["FREEPOST", { cents: 490, until: new Date("2030-03-01") }],
]);

function readTotal(text) {
  if (!/^[0-9]{1,7}$/.test(text)) throw new Problem(400, "total is an amount in cents");
  return Number(text);
}

async function find(code) {
  const coupon = COUPONS.get(code.trim().toUpperCase());
  if (!coupon) throw new Problem(404, "no such coupon");
  return coupon;
}

function worth(coupon, total) {
  return coupon.cents ?? Math.floor((total * coupon.percent) / 100);
}

async function check(query) {
  const total = readTotal(query.get("total") ?? "0");
  const coupon = await find(query.get("code") ?? "");
  if (total < (coupon.from ?? 1)) throw new Problem(422, "the basket is too small for this coupon");
  const days = Math.floor((coupon.until.getTime() - Date.now()) / 86_400_000);
  if (days < 0) throw new Problem(410, "the coupon has expired");
  return { cents: Math.min(total, worth(coupon, total)), expires: coupon.until.toISOString().slice(0, 10) };
}

async function respond(request, path, query) {
  if (path === "/") return { state: "ready" };
  if (!/^\/api\/coupons\/?$/i.test(path)) throw new Problem(404, "no such page");
  if (request.method !== "GET") throw new Problem(405, "GET only");
  return check(query);
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
    send(response, 200, await respond(request, path, new URLSearchParams(text)));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    send(response, error.status, { error: error.message });
  }
}

function split(url) {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});

const limits = { maxHeaderSize: 64 * 1024, keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
http.createServer(limits, answer).listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
