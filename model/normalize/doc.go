// Package normalize brings the values of providers into the forms that the
// directory stores: e-mail addresses, domains, URLs, phone numbers, dates, and
// codes of countries, zones, languages and currencies.
//
// A normalizer returns "" and true for a blank text, and false for a text that it
// cannot read. Its result normalizes to itself. Nothing depends on the machine or
// the time of day: the same text gives the same value everywhere.
package normalize
