/* SPDX-License-Identifier: GPL-2.0-only */
/* Short forms of json-c for what the outputs have in common. */
#ifndef KALLMOD_OUT_JSON_H
#define KALLMOD_OUT_JSON_H

#include <json-c/json.h>
#include <stdint.h>

/* value NULL: null */
void kallmod_json_string(struct json_object *object, const char *key, const char *value);
/* An address as a string of hex digits: JSON numbers are doubles to many readers. */
void kallmod_json_hex(struct json_object *object, const char *key, uint64_t value);
void kallmod_json_uint(struct json_object *object, const char *key, uint64_t value);
/* Six digits are enough for a probability, and do not differ between machines. */
void kallmod_json_double(struct json_object *object, const char *key, double value);
/* Prints to stdout, indented, with a newline, and frees. */
void kallmod_json_print(struct json_object *object);

#endif
