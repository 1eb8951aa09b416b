# What the project's CMakeLists say in one line each: a layer, a dissector, a test, a fuzz target.

include(CheckCCompilerFlag)
include(CheckCSourceRuns)

# The 14,000 relative relocations of constant tables as a bitmap: 4 kB of the program instead of 340.
# Run, not only linked: the dynamic loader knows them since glibc 2.36.
function(hellotap_pack_relocations)
  if(CMAKE_CROSSCOMPILING)
    return()
  endif()
  set(CMAKE_REQUIRED_LINK_OPTIONS -Wl,-z,pack-relative-relocs)
  check_c_source_runs("int main(void) { return 0; }" HT_PACKED_RELOCATIONS)
  if(HT_PACKED_RELOCATIONS)
    add_link_options(${CMAKE_REQUIRED_LINK_OPTIONS})
  endif()
endfunction()

# Of a few words of a number not known, GCC makes a string instruction of x86, which takes longer to
# begin than most copies take in all.
function(hellotap_copy_without_strings)
  set(copy -mmemcpy-strategy=unrolled_loop:64:noalign,libcall:-1:noalign)
  set(clear -mmemset-strategy=unrolled_loop:64:noalign,libcall:-1:noalign)
  check_c_compiler_flag("${copy}" HT_HAS_MEMCPY_STRATEGY)
  if(HT_HAS_MEMCPY_STRATEGY)
    add_compile_options(${copy} ${clear})
    add_link_options(${copy} ${clear}) # where link-time optimization compiles
  endif()
endfunction()

# What script/release builds first, and what then. Code that the samples do not reach is compiled as
# without a profile; and what may be uninitialized is asked of builds without one, for with other
# inlining GCC finds other ways that no run takes.
function(hellotap_profile)
  set(folder ${CMAKE_BINARY_DIR}/profile)
  if(HT_PROFILE STREQUAL "count")
    set(flags -fprofile-generate=${folder} -fprofile-update=single)
  else()
    set(flags -fprofile-use=${folder} -fprofile-partial-training -Wno-missing-profile
              -Wno-coverage-mismatch -Wno-maybe-uninitialized)
  endif()
  add_compile_options(${flags})
  add_link_options(${flags}) # where link-time optimization compiles
endfunction()

# Warnings, hardening and sanitizers, for every target of the project.
function(hellotap_compile_options)
  add_compile_options(
    -Wall -Wextra -Wconversion -Wshadow -Wcast-qual -Wcast-align -Wvla -Wmissing-prototypes
    -Wstrict-prototypes -Wswitch-enum -Wundef -Wno-override-init -Wno-missing-field-initializers
    -Wstrict-aliasing -fstrict-aliasing -fstack-protector-strong)
  if(HT_WERROR)
    add_compile_options(-Werror)
  endif()
  if(HT_SANITIZE)
    add_compile_definitions(HT_SANITIZED)
    add_compile_options(-fsanitize=${HT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${HT_SANITIZE})
  elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    # All addresses of libraries' functions are there, and read-only, when the program begins: no
    # call goes through the table that would look for them.
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fno-plt)
    add_link_options(-Wl,-z,relro,-z,now)
    hellotap_pack_relocations()
    hellotap_copy_without_strings()
  endif()
  if(HT_PROFILE)
    hellotap_profile()
  endif()
  if(HT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
endfunction()

# hellotap_layer(NAME SOURCES file… LINK target… TESTS path…)
# The static library ht_NAME from the folder's sources; TESTS are names NAME in
# tests/unit/<folder>/NAME_test.c.
function(hellotap_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;TESTS" ${ARGN})
  add_library(ht_${name} STATIC ${arg_SOURCES})
  target_include_directories(ht_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/dissectors)
  target_link_libraries(ht_${name} PUBLIC ${arg_LINK})
  foreach(test IN LISTS arg_TESTS)
    hellotap_unit_test(${name} ${test})
  endforeach()
endfunction()

# hellotap_unit_test(LAYER NAME [target…]): tests/unit/<this folder>/NAME_test.c, a cmocka program.
function(hellotap_unit_test layer test)
  if(NOT BUILD_TESTING)
    return()
  endif()
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REGEX REPLACE "^src/" "" folder ${folder})
  string(REPLACE "/" "_" id "${folder}_${test}")
  add_executable(${id}_test ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/${test}_test.c)
  target_link_libraries(${id}_test PRIVATE ht_${layer} ht_test_support ${ARGN})
  target_compile_definitions(${id}_test PRIVATE HT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME unit.${folder}.${test} COMMAND ${id}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

# hellotap_registry(TARGET SYMBOL CSV TITLE WIDTH GREASE): a table made from registry/CSV.
function(hellotap_registry target symbol csv title width grease)
  set(in ${CMAKE_CURRENT_SOURCE_DIR}/registry/${csv})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  add_custom_command(OUTPUT ${out}
    COMMAND registry_table ${in} ${out} ${symbol} ${title} ${width} ${grease}
    DEPENDS registry_table ${in} VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

# hellotap_suites(TARGET NAME CSV): the table of what cipher suites are made of, from CSV.
function(hellotap_suites target name csv)
  set(in ${CMAKE_CURRENT_SOURCE_DIR}/${csv})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  add_custom_command(OUTPUT ${out}
    COMMAND suite_table ${in} ${out} DEPENDS suite_table ${in} VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

# hellotap_dissector(NAME SOURCES file… LINK target… TESTS name…)
# The library ht_dissector_NAME. A dissector without tests and seeds does not configure.
function(hellotap_dissector name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;TESTS" ${ARGN})
  if(NOT arg_TESTS)
    message(FATAL_ERROR "dissector ${name}: a parser of hostile input needs TESTS")
  endif()
  hellotap_layer(dissector_${name} SOURCES ${arg_SOURCES} LINK ht_dissect ${arg_LINK})
  foreach(test IN LISTS arg_TESTS)
    hellotap_unit_test(dissector_${name} ${test} ht_test_recorder)
  endforeach()
  set_property(GLOBAL APPEND PROPERTY HELLOTAP_DISSECTORS ${name})
endfunction()

# hellotap_fuzz(NAME SOURCES file… LINK target…): fuzz_NAME by libFuzzer, or else a program that
# replays the seeds in tests/fuzz/seeds/NAME (and every cut of them) and what a search kept in
# tests/fuzz/corpus/NAME.tar.xz, which ctest runs.
function(hellotap_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;DEFINE" ${ARGN})
  add_executable(fuzz_${name} ${arg_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${arg_LINK} ht_test_support)
  target_compile_definitions(fuzz_${name} PRIVATE ${arg_DEFINE})
  set(seeds ${CMAKE_SOURCE_DIR}/tests/fuzz/seeds/${name})
  if(HT_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/fuzz_main.c)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${seeds})
    set(kept ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}.tar.xz)
    if(EXISTS ${kept})
      add_test(NAME fuzz.${name}.corpus COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:fuzz_${name}>
        -D ARCHIVE=${kept} -D FOLDER=${CMAKE_CURRENT_BINARY_DIR}/corpus/${name}
        -P ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.cmake)
    endif()
  endif()
endfunction()
