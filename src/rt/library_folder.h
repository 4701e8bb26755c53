/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Where libassay lies: modules and programs are found beside it, so that a
 * build folder and an installed prefix work alike.
 */
#ifndef ASSAY_RT_LIBRARY_FOLDER_H
#define ASSAY_RT_LIBRARY_FOLDER_H

/** @param relative  from the folder that holds libassay
 *  @return free() it; NULL when out of memory */
char *assay__library_folder_path(const char *relative);

#endif
