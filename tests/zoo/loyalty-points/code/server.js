#!/usr/bin/env node
// Books loyalty points: {"customer": "c-17", "points": 120, "bonus": 10}
"use strict";

const { Rejected, parse, serve } = require("./runtime.js");

const TIERS = [
  { name: "gold", from: 1000 },
  { name: "silver", from: 200 },
  { name: "basic", from: 0 },
];
const MOST = 1_000_000;

function whole(booking, key, missing) {
  const value = booking[key] ?? missing;
  if (!Number.isInteger(value) || Math.abs(value) > MOST) throw new Rejected(`${key} is a whole number`);
  return value;
}

async function audit(customer, points) {
  const tier = TIERS.find(({ from }) => points >= from);
  console.log(`[AUDIT] ${JSON.stringify({ customer: customer.slice(0, 40), tier: tier.name, points })}`);
}

function invoke(event) {
  const booking = parse(event);
  if (booking === null || typeof booking !== "object") throw new Rejected("a booking is an object");
  if (typeof booking.customer !== "string" || booking.customer === "") throw new Rejected("customer is missing");
  const points = whole(booking, "points") + whole(booking, "bonus", 0);
  audit(booking.customer, points);
  return { customer: booking.customer, points };
}

serve({ invoke });
