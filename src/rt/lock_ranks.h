/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Every lock of libassay with its rank. A thread takes locks in strictly
 * increasing rank; builds with assertions check it (src/rt/lock.c), and
 * docs/LOCKING.md lists this table. No lock is held across an engine call, a
 * Lua call, a log sink, I/O or a callback.
 *
 *   LOCK(name, rank, what it guards)
 */
LOCK(generation, 20, "the present generation, and whether one is loading")
LOCK(session, 25,
     "whether a phase of a session runs, and whether the session was closed")
LOCK(phases, 27, "the phases in the callback form that are open")
LOCK(call, 30, "whether the engine call of a pool job is done")
LOCK(engine, 33, "whether an engine is open, and how many use it")
LOCK(scanner, 35,
     "workers, state and requests of an engine in scanner processes")
LOCK(ticker, 40, "the state of the thread that runs periodic probes")
LOCK(pool, 50, "queue, workers, counters and classes of one thread pool")
LOCK(activefilter, 55,
     "the idle database connections of ActiveFilter; who waits to write")
LOCK(console, 60, "which clients of the console have an answer")
LOCK(counters, 70, "the counters that the console made")
LOCK(cache, 80, "one shard of a cache: its entries and open flights")
