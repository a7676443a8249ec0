# What `cmake --install` puts where. Included at the end of the top CMakeLists.txt.
#   -DCMAKE_INSTALL_PREFIX=… and the variables of GNUInstallDirs hold; beside them:
#   -DSYSTEMD_USER_UNIT_DIR=…  units of the user; below the prefix, where it is relative (~/.local wants share/systemd/user)
#   -DZSH_COMPLETION_DIR=…     Debian's own zsh package looks into share/zsh/vendor-completions
#   -DGOLUB_INSTALL_LICENSE=OFF  where a package has the license in a form of its own
# New pages of contrib/man, contrib/doc, contrib/recipes and contrib/systemd come by themselves. tests/system/test_install.py has the list.
include(GNUInstallDirs)
set(SYSTEMD_USER_UNIT_DIR lib/systemd/user CACHE STRING "where the units of a user go")
set(ZSH_COMPLETION_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "where zsh looks for completions")
option(GOLUB_INSTALL_LICENSE "install the license beside the documents" ON)

file(GLOB units CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contrib/systemd/*.in)
file(GLOB documents CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contrib/doc/*.md ${CMAKE_SOURCE_DIR}/contrib/doc/*.svg)
file(GLOB recipes CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contrib/recipes/*)
list(FILTER documents EXCLUDE REGEX "/(CONTRIBUTING|testing)\\.md$") # about the sources
list(APPEND documents ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md)
if(GOLUB_INSTALL_LICENSE)
  list(APPEND documents ${CMAKE_SOURCE_DIR}/LICENSE)
endif()
set(bash_dir ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
set(fish_dir ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
set(folders ${CMAKE_INSTALL_BINDIR} ${bash_dir} ${fish_dir} ${ZSH_COMPLETION_DIR} ${SYSTEMD_USER_UNIT_DIR} ${CMAKE_INSTALL_DOCDIR}/examples
            ${CMAKE_INSTALL_DOCDIR}/recipes)
foreach(section 1 5 7)
  list(APPEND folders ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# First of all: may all of it be written? And which folders are new, so that `uninstall` takes those away, too?
set(record ${CMAKE_BINARY_DIR}/install_folders.txt)
install(CODE "set(golub_folders \"${folders}\")\nset(golub_record \"${record}\")\nset(golub_binary \"$<TARGET_FILE:golub>\")")
install(SCRIPT ${CMAKE_SOURCE_DIR}/contrib/install/begin.cmake)

install(TARGETS golub RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(section 1 5 7)
  file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/contrib/man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(FILES contrib/completions/golub.bash DESTINATION ${bash_dir} RENAME golub)
install(FILES contrib/completions/golub.zsh DESTINATION ${ZSH_COMPLETION_DIR} RENAME _golub)
install(FILES contrib/completions/golub.fish DESTINATION ${fish_dir})
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${recipes} DESTINATION ${CMAKE_INSTALL_DOCDIR}/recipes)
install(FILES contrib/golub.schema.json DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES contrib/golub.conf.example DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples RENAME golub.conf)

# The units have the full path of the binary, which only the installation knows: `cmake --install --prefix` may name another one.
install(CODE "set(golub_units \"${units}\")\nset(golub_unit_dir \"${SYSTEMD_USER_UNIT_DIR}\")
set(golub_bin_dir \"${CMAKE_INSTALL_BINDIR}\")\nset(golub_made \"${CMAKE_BINARY_DIR}/units\")")
install(SCRIPT ${CMAKE_SOURCE_DIR}/contrib/install/units.cmake)

add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -D manifest=${CMAKE_BINARY_DIR}/install_manifest.txt -D record=${record}
                                    -P ${CMAKE_SOURCE_DIR}/contrib/install/uninstall.cmake VERBATIM)
