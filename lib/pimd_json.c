// SPDX-License-Identifier: GPL-2.0-or-later
/* Group membership from `show ip igmp groups detail json`; see pimd_show.h. */
#include "lib/pimd_show.h"

#include <json-c/json.h>

static const char *text_of(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

static json_object *array_of(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_array)
		       ? value
		       : NULL;
}

static unsigned int number_of(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value)
		       ? (unsigned int)json_object_get_int(value)
		       : 0;
}

static bool read_group(struct pimd_rows *r, const char *interface, json_object *group)
{
	const char *address = text_of(group, "group"), *mode = text_of(group, "mode");
	json_object *sources = array_of(group, "sources");
	size_t n = sources ? json_object_array_length(sources) : 0;
	struct pimd_row *row;

	if (!address)
		return false;
	/* a group of an IGMPv2 host has no mode: it is EXCLUDE {} */
	row = pimd_rows_add(r, interface, address, !mode || strcmp(mode, "INCLUDE") != 0,
			    (uint8_t)number_of(group, "version"), (unsigned int)n);
	if (!row)
		return false;
	for (size_t i = 0; i < n; i++) {
		json_object *source = json_object_array_get_idx(sources, i);
		const char *name = text_of(source, "source"), *timer = text_of(source, "timer");

		if (!name || !timer || !pimd_rows_source(r, row, name, timer[0] != '-'))
			return false;
	}
	return true;
}

bool pimd_show_json(struct pimd_rows *r, const char *text)
{
	json_object *all = json_tokener_parse(text);
	bool ok = all && json_object_is_type(all, json_type_object);

	if (ok) {
		json_object_object_foreach(all, interface, of_interface)
		{
			json_object *groups = json_object_is_type(of_interface, json_type_object)
						      ? array_of(of_interface, "groups")
						      : NULL;

			for (size_t i = 0; ok && groups && i < json_object_array_length(groups);
			     i++)
				ok = read_group(r, interface, json_object_array_get_idx(groups, i));
		}
	}
	json_object_put(all);
	return ok;
}
