#!/usr/bin/env node
// Every night: which of our certificates run out soon?
"use strict";

const { Rejected, parse, serve } = require("./runtime.js");

const DAY = 24 * 3600 * 1000;
const WARN_DAYS = 30;
const CERTIFICATES = [
  { host: "www.shop.example", until: "2025-04-02T00:00:00Z" },
  { host: "api.shop.example", until: "2026-01-15T00:00:00Z" },
  { host: "mail.shop.example", until: "2027-06-30T00:00:00Z" },
];

function daysLeft(until, now) {
  return Math.floor((Date.parse(until) - now) / DAY);
}

function warnings(now, days) {
  return CERTIFICATES.map(({ host, until }) => ({ host, days: daysLeft(until, now) })).filter((entry) => entry.days <= days);
}

function limit(payload) {
  return /^\d{1,3}$/.test(payload) ? Number(payload) : WARN_DAYS;
}

function invoke(event) {
  const firing = parse(event);
  const now = typeof firing?.triggerTime === "string" ? Date.parse(firing.triggerTime) : NaN;
  if (Number.isNaN(now)) throw new Rejected("triggerTime is missing");
  const found = warnings(now, limit(String(firing.payload ?? "")));
  for (const { host, days } of found) console.log(`[WARN] ${host}: ${days} days left`);
  return { expiring: found };
}

serve({ invoke });
