/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay engine: what engine authors use. Each subcommand is a file.
 */
#ifndef ASSAY_CLI_ENGINE_H
#define ASSAY_CLI_ENGINE_H

/** argv[0] is the name of the program. @return an enum assay__exit */
int assay__engine_info(int argc, char **argv);
int assay__engine_new(int argc, char **argv);
int assay__engine_test(int argc, char **argv);

#endif
