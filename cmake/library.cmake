# libensign.so.0.1: all wings left of the faces as one library that exports what ensign.map lists, and what is installed.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(ensign_shared SHARED
    $<TARGET_OBJECTS:ensign_engine> $<TARGET_OBJECTS:ensign_certs> $<TARGET_OBJECTS:ensign_as4>
    $<TARGET_OBJECTS:ensign_sti> $<TARGET_OBJECTS:ensign_show>)
set_target_properties(ensign_shared PROPERTIES
    OUTPUT_NAME ensign
    EXPORT_NAME ensign
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} # structs may grow with each minor version: docs/api.md
    LINKER_LANGUAGE C
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/ensign.map
)
target_include_directories(ensign_shared INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(ensign_shared PRIVATE
    $<BUILD_INTERFACE:ensign_flags> PkgConfig::CRYPTO PkgConfig::DEFLATE PkgConfig::ZLIB Threads::Threads ${CMAKE_DL_LIBS})
target_link_options(ensign_shared PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/ensign.map)
if(NOT ENSIGN_SANITIZE)
    target_link_options(ensign_shared PRIVATE -Wl,--no-undefined)
endif()

# The man pages are made of what --help says, of docs/man and of the public headers, so that all stay true.
file(GLOB ENSIGN_MAN_TEXTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.md ${PROJECT_SOURCE_DIR}/include/ensign/*.h)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/man/man1/ensign.1
    COMMAND sh ${PROJECT_SOURCE_DIR}/docs/man.sh $<TARGET_FILE:ensign> $<TARGET_FILE:ensign-bench> ${PROJECT_BINARY_DIR}/man
    DEPENDS ensign ensign-bench ${PROJECT_SOURCE_DIR}/docs/man.sh ${PROJECT_SOURCE_DIR}/docs/serve.yaml ${ENSIGN_MAN_TEXTS})
add_custom_target(man ALL DEPENDS ${PROJECT_BINARY_DIR}/man/man1/ensign.1)

# From LIBDIR/pkgconfig up to the prefix.
file(RELATIVE_PATH ENSIGN_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" ENSIGN_PC_PREFIX "${ENSIGN_PC_PREFIX}")
configure_file(cmake/ensign.pc.in ensign.pc @ONLY)
configure_package_config_file(cmake/EnsignConfig.cmake.in EnsignConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Ensign)
write_basic_package_version_file(EnsignConfigVersion.cmake COMPATIBILITY SameMinorVersion)

# Components are the packages of cmake/package.cmake; without one named, all are installed.
install(TARGETS ensign_shared EXPORT EnsignTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(DIRECTORY include/ensign DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(EXPORT EnsignTargets NAMESPACE Ensign:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Ensign COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/EnsignConfig.cmake ${PROJECT_BINARY_DIR}/EnsignConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Ensign COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/ensign.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(TARGETS ensign RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
install(TARGETS ensign-serve RUNTIME DESTINATION libexec/ensign COMPONENT command)
install(DIRECTORY ${PROJECT_BINARY_DIR}/man/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT command
    PATTERN ensign-bench.1 EXCLUDE)
install(FILES ${PROJECT_BINARY_DIR}/man/man1/ensign-bench.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT bench)
install(DIRECTORY ${PROJECT_BINARY_DIR}/man/man3 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT development)
install(FILES docs/completion/ensign.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME ensign COMPONENT command)
install(FILES docs/completion/_ensign DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT command)
install(FILES docs/systemd/ensign.service docs/systemd/ensign.socket DESTINATION lib/systemd/system COMPONENT command)
install(FILES docs/serve.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT command)
install(TARGETS ensign-bench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT bench)
install(CODE "if(NOT DEFINED ENV{DESTDIR} AND NOT CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    message(STATUS \"Run ldconfig where \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR} is one of its folders; else tell the loader by LD_LIBRARY_PATH\")
endif()" COMPONENT library)
