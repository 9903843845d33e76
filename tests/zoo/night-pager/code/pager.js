#!/usr/bin/env node
// Alarms of the pumping stations come over a topic; the answer tells on which channels the engineer on duty is paged.
// An alarm: {"site": "pump-3", "level": "urgent", "hour": 23, "also": ["radio"], "text": "pressure 1.2 bar"}
"use strict";

const http = require("node:http");

const port = Number(process.env.FC_SERVER_PORT || process.env.FC_CUSTOM_LISTEN_PORT || 9000);
const CHANNELS = ["digest", "email", "sms", "radio", "call"];
const LEVELS = {
  info: { channels: ["digest"], repeat: 0 },
  warning: { channels: ["email"], repeat: 60 },
  urgent: { channels: ["sms"], repeat: 15 },
  flood: { channels: ["sms", "call"], repeat: 3 },
};
const NIGHT = { from: 22, to: 6 };
const SHOWN = 100;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const clip = (text, length) => text.slice(0, length).toWellFormed();

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// Why an alarm cannot be routed, or undefined.
function complaint(alarm) {
  if (!isObject(alarm)) return "an alarm is an object";
  if (typeof alarm.site !== "string" || alarm.site === "") return "no site";
  if (typeof alarm.level !== "string" || !Object.hasOwn(LEVELS, alarm.level)) return "unknown level";
  if (alarm.hour !== undefined && !(Number.isInteger(alarm.hour) && alarm.hour >= 0 && alarm.hour <= 23)) return "hour is 0 to 23";
  if (alarm.also !== undefined && !(Array.isArray(alarm.also) && alarm.also.length <= 20)) return "also is a list of channels";
  if (alarm.also?.some((channel) => !CHANNELS.includes(channel))) return "unknown channel";
  return undefined;
}

function isNight(hour) {
  return hour !== undefined && (hour >= NIGHT.from || hour < NIGHT.to);
}

function route(alarm) {
  const plan = { site: clip(alarm.site, 60), ...LEVELS[alarm.level] };
  for (const channel of alarm.also ?? []) {
    if (!plan.channels.includes(channel)) plan.channels.push(channel);
  }
  if (isNight(alarm.hour)) plan.channels = plan.channels.filter((channel) => channel !== "email"); // nobody reads mail then
  if (typeof alarm.text === "string") plan.text = clip(alarm.text, 140);
  return plan;
}

function alarmsOf(event) {
  const value = parse(event.toString("utf8"));
  if (Array.isArray(value)) return value.map((one) => (typeof one === "string" ? parse(one) : one));
  if (isObject(value) && typeof value.Message === "string") return [parse(value.Message)];
  if (isObject(value) && typeof value.body === "string") return [parse(value.body)];
  return [value];
}

function invoke(event) {
  const plans = alarmsOf(event).slice(0, SHOWN).map((alarm) => {
    const reason = complaint(alarm);
    return reason ? { skipped: reason } : route(alarm);
  });
  return { pages: plans };
}

function send(response, status, headers, content) {
  const body = JSON.stringify(content);
  response.sendDate = false;
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

async function answer(request, response) {
  const chunks = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return; // the caller went away
  }
  if (request.method !== "POST" || request.url !== "/invoke") {
    return send(response, request.url === "/" ? 200 : 404, {}, { function: "night-pager" });
  }
  const id = request.headers["x-fc-request-id"] ?? "";
  console.log(`FC Invoke Start RequestId: ${id}`);
  let reply;
  try {
    reply = [200, { "x-fc-status": "200" }, invoke(Buffer.concat(chunks))];
  } catch (error) {
    console.log(`${id} [ERROR] ${error.message}`);
    reply = [404, { "x-fc-status": "404" }, { errorMessage: "internal error" }];
  }
  console.log(`FC Invoke End RequestId: ${id}`);
  send(response, ...reply);
}

const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
server.timeout = 0;
server.listen(port, "0.0.0.0");
