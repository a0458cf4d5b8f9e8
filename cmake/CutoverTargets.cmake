# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything that each target of the project compiles and links with.
add_library(cutover_options INTERFACE)
target_compile_features(cutover_options INTERFACE cxx_std_23)
# clang's -Wconversion includes the signs, GCC's does not.
target_compile_options(cutover_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Werror
    -Wno-missing-field-initializers # what a designated initializer leaves out has its default
    # GCC 14 takes an alternative that a std::variant does not hold for an uninitialized one when it optimizes.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
target_compile_definitions(cutover_options INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING QT_NO_FOREACH
    QT_NO_NARROWING_CONVERSIONS_IN_CONNECT QT_STRICT_ITERATORS QT_USE_QSTRINGBUILDER
    QT_DISABLE_DEPRECATED_UP_TO=0x060800 TRANSLATION_DOMAIN="cutover")

# Symbols that are bound at their first call would be bound in the middle of a switchover.
target_link_options(cutover_options INTERFACE -Wl,-z,now)

if(CUTOVER_SANITIZE)
    target_compile_options(cutover_options INTERFACE
        -fsanitize=${CUTOVER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(cutover_options INTERFACE -fsanitize=${CUTOVER_SANITIZE})
endif()
if(CUTOVER_FUZZ)
    target_compile_options(cutover_options INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(cutover_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# cutover_core(NAME SOURCES ... [LIBRARIES ...]): one static library for one folder of core/.
function(cutover_core name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_library(cutover_${name} STATIC ${arg_SOURCES})
    target_include_directories(cutover_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core)
    target_link_libraries(cutover_${name} PUBLIC Qt6::Core ${arg_LIBRARIES} PRIVATE cutover_options)
endfunction()

# Makes NAME part of the target LABEL_tests of each of its labels: a build that runs one label's tests needs no others.
function(cutover_build_with_labels name)
    foreach(label IN LISTS ARGN)
        if(NOT TARGET ${label}_tests)
            add_custom_target(${label}_tests)
        endif()
        add_dependencies(${label}_tests ${name})
    endforeach()
endfunction()

# cutover_test(NAME LABEL unit|integration|ui|qemu ... SOURCES ... [LIBRARIES ...]
#              [TIMEOUT seconds] [SANITIZE] [THREADED]): one QtTest program.
# Tests labelled "qemu" run one at a time: each needs the processors for its guests.
# SANITIZE adds the label "sanitize" (runs in the address+undefined build), THREADED the label
# "threaded" (runs in the thread sanitizer's build).
function(cutover_test name)
    cmake_parse_arguments(arg "SANITIZE;THREADED" "TIMEOUT" "LABELS;SOURCES;LIBRARIES" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    # Qt 6.8's QTRY_ macros narrow a duration where they are used.
    set_source_files_properties(${arg_SOURCES} PROPERTIES COMPILE_OPTIONS -Wno-conversion)
    target_link_libraries(${name} PRIVATE Qt6::Test ${arg_LIBRARIES} cutover_options)
    target_compile_definitions(${name} PRIVATE
        CUTOVER_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
    target_compile_options(${name} PRIVATE "SHELL:-include ${PROJECT_SOURCE_DIR}/tests/patience.h")
    add_test(NAME ${name} COMMAND ${name})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    set(labels ${arg_LABELS})
    if("qemu" IN_LIST labels)
        set_tests_properties(${name} PROPERTIES RESOURCE_LOCK qemu)
    endif()
    if(arg_SANITIZE)
        list(APPEND labels sanitize)
    endif()
    if(arg_THREADED)
        list(APPEND labels threaded)
    endif()
    cutover_build_with_labels(${name} ${labels})
    # CTest ends a program that hangs; QtTest would count all rows of a data-driven function together.
    math(EXPR functionLimit "${arg_TIMEOUT} * 1000")
    set_tests_properties(${name} PROPERTIES
        LABELS "${labels}" TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "QT_QPA_PLATFORM=offscreen;QT_LOGGING_RULES=;LC_ALL=C.UTF-8;QTEST_FUNCTION_TIMEOUT=${functionLimit};TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
endfunction()

# cutover_fuzzer(NAME SOURCES ... [LIBRARIES ...] [CORPUS folder]): one libFuzzer target.
# Its seeds are the files of CORPUS (default: corpus/NAME beside the caller, if it exists). In the fuzz build its
# test fuzzes for CUTOVER_FUZZ_SECONDS, and what it learns stays in the build folder; a finding is written to
# findings/ there. In every other build its test gives it each seed once.
function(cutover_fuzzer name)
    cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT arg_CORPUS)
        set(arg_CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    endif()
    get_filename_component(seeds ${arg_CORPUS} ABSOLUTE)
    if(NOT IS_DIRECTORY ${seeds})
        set(seeds)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} cutover_options)
    if(CUTOVER_FUZZ)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        set(learnt ${CMAKE_BINARY_DIR}/corpus/${name})
        file(MAKE_DIRECTORY ${learnt} ${CMAKE_BINARY_DIR}/findings)
        add_test(NAME ${name} COMMAND ${name} -max_total_time=${CUTOVER_FUZZ_SECONDS} -timeout=20
            -rss_limit_mb=2048 -print_final_stats=1
            -artifact_prefix=${CMAKE_BINARY_DIR}/findings/${name}- ${learnt} ${seeds})
        math(EXPR timeout "${CUTOVER_FUZZ_SECONDS} + 300")
        set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT ${timeout})
        cutover_build_with_labels(${name} fuzz)
    else()
        target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cpp)
        add_test(NAME ${name} COMMAND ${name} ${seeds})
        set_tests_properties(${name} PROPERTIES LABELS "unit;sanitize" TIMEOUT 120)
        cutover_build_with_labels(${name} unit sanitize)
    endif()
endfunction()
