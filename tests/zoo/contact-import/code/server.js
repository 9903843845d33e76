#!/usr/bin/env node
// Checks one contact of the address book: {"name": "...", "mail": "...", "phone": "+49 ..."}
"use strict";

const { Rejected, parse, serve } = require("./runtime.js");

const MAIL = /^[^\s@]{1,64}@[^\s@]{1,190}$/;

function text(contact, key, longest) {
  const value = contact[key];
  if (typeof value !== "string" || value.trim() === "") throw new Rejected(`${key} is missing`);
  return value.trim().slice(0, longest);
}

function phone(value) {
  if (value === undefined || value === null) return null;
  const digits = String(typeof value === "string" ? value : "").replace(/[\s()/-]/g, "");
  if (!/^\+?\d{5,15}$/.test(digits)) throw new Rejected("phone is no number");
  return digits;
}

function invoke(event) {
  const contact = parse(event);
  if (contact === null || typeof contact !== "object" || Array.isArray(contact)) throw new Rejected("a contact is an object");
  const name = text(contact, "name", 100);
  const mail = text(contact, "mail", 254).toLowerCase();
  if (!MAIL.test(mail)) throw new Rejected("mail is no address");
  console.log("[INFO] contact accepted");
  return { name, mail, phone: phone(contact.phone) };
}

serve({ invoke });
