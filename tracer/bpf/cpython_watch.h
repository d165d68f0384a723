/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_watch.h - the cells that are watched over an await: what the session tells the programs.
 *
 * A cell is an attribute of an object or an entry of a dictionary. Which cells
 * matter at which await the session knows from the source (watch.h); the
 * programs read them when a task suspends there, again each time a step ends
 * or begins, and tell what changed. What that means is not theirs to say.
 *
 * Includes nothing: it needs uint8_t .. uint64_t and int32_t.
 */
#ifndef BPF_CPYTHON_WATCH_H
#define BPF_CPYTHON_WATCH_H

enum {
	CPYTHON_CELLS = 16,     /* watched at once, of one thread */
	CPYTHON_AWAIT_CELLS = 4 /* of one await */
};

/* An await: an instruction that yields. */
struct cpython_await_key {
	uint64_t code;
	uint32_t target; /* index in the map of targets */
	int32_t offset;  /* bytes from the first instruction of the code */
};

enum cpython_cell_kind {
	CPYTHON_CELL_ATTRIBUTE = 1, /* of the function's first local, `self` */
	CPYTHON_CELL_ENTRY = 2      /* of the dictionary `object`: a variable of a module */
};

/* What of the attribute or entry is the cell. */
enum cpython_cell_of {
	CPYTHON_CELL_OF_VALUE = 0,
	CPYTHON_CELL_OF_CONTENT = 1, /* the value, and what is in it: a list, dict or set */
	CPYTHON_CELL_OF_ITEM = 2,    /* the entry under a key of the list or dict that it holds */
	CPYTHON_CELL_OF_SIZE = 3 /* the number of entries of the dict or set that it holds now */
};

enum cpython_key_from {
	CPYTHON_KEY_CONSTANT = 0, /* key: address of the object */
	CPYTHON_KEY_LOCAL = 1     /* key: number of a local variable of the frame */
};

struct cpython_cell {
	uint32_t kind;     /* enum cpython_cell_kind */
	uint32_t window;   /* the session's number for it */
	uint64_t name;     /* address of the str that names it */
	uint64_t object;   /* ENTRY: the dictionary */
	uint32_t of;       /* enum cpython_cell_of */
	uint32_t key_from; /* enum cpython_key_from */
	uint64_t key;      /* OF_ITEM */
};

struct cpython_await_value {
	uint64_t qualname; /* of the code object, so that another one at its address is not it */
	uint32_t count;
	uint32_t pad;
	struct cpython_cell cells[CPYTHON_AWAIT_CELLS];
};

/* Where the objects of a type keep an attribute. */
struct cpython_attribute_key {
	uint64_t type;
	uint64_t name;
	uint64_t target;
};

enum cpython_attribute_kind {
	CPYTHON_ATTRIBUTE_NONE = 0,   /* it cannot be read */
	CPYTHON_ATTRIBUTE_VALUES = 1, /* number `index` of the values; else in the __dict__ */
	CPYTHON_ATTRIBUTE_SLOT = 2,   /* at the object + index (__slots__) */
	CPYTHON_ATTRIBUTE_DICT = 3    /* in the __dict__, which the type has at no known place */
};

struct cpython_attribute_value {
	uint32_t kind; /* enum cpython_attribute_kind */
	uint32_t index;
	uint32_t basicsize; /* tp_basicsize */
	uint32_t pad;
};

/* What a CELL item tells (cpython_item.flags). `index`: the slot, `offset`: the window, a: the
 * object or dictionary, b: the generator whose frame holds the value, d: the object's type, mixed
 * with the hash of the key of an item. */
enum cpython_cell_fact {
	CPYTHON_CELL_ARMED = 1, /* a frame of the task that suspended holds its value. c: that */
	CPYTHON_CELL_CHANGED =
		2,            /* it has another value than when it was looked at last. c: that */
	CPYTHON_CELL_OWN = 3, /* its task's step has ended. state: did the value change in it?
	                       * 1: yes, 0: no, -1: not known. It is not watched any more */
	CPYTHON_CELL_DROPPED = 4, /* it is not watched any more: no room, or not readable */
	CPYTHON_CELL_FULL = 5     /* one was not watched: there was no room */
};

#endif
