# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later

# The targets format, format-check and tidy, over all sources of the project.
set(cutover_sources app core ui tests "(" -name *.cpp -o -name *.h ")")
add_custom_target(format
    COMMAND find ${cutover_sources} -exec clang-format -i {} +
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Formatting the sources" VERBATIM)
add_custom_target(format-check
    COMMAND find ${cutover_sources} -exec clang-format --dry-run -Werror {} +
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Checking the format of the sources" VERBATIM)

include(ProcessorCount)
ProcessorCount(processors)
if(processors EQUAL 0)
    set(processors 1)
endif()
# Needs a finished build: the sources include what moc and uic make of them.
add_custom_target(tidy
    COMMAND run-clang-tidy -quiet -p ${CMAKE_BINARY_DIR} -j ${processors} "^${PROJECT_SOURCE_DIR}/(app|core|ui|tests)/"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Running clang-tidy" USES_TERMINAL VERBATIM)
