# Unpacks ARCHIVE into FOLDER, which is emptied first, and runs PROGRAM over what was in it.
file(REMOVE_RECURSE ${FOLDER})
file(ARCHIVE_EXTRACT INPUT ${ARCHIVE} DESTINATION ${FOLDER})
execute_process(COMMAND ${PROGRAM} --whole ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
