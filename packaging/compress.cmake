# Run by CPack on what is about to be packed. Debian wants manual pages and changelogs compressed,
# without a time or a name, so that the same sources make the same package.
file(GLOB_RECURSE files "${CPACK_TEMPORARY_DIRECTORY}/*")
list(FILTER files INCLUDE REGEX "/share/(man/man[0-9]/[^/]+|doc/hellotap/changelog[^/]*)$")
foreach(file IN LISTS files)
  execute_process(COMMAND gzip -9 --no-name --force "${file}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()
