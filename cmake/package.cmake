# Debian packages by `cpack` in the build folder: the command, the library, what compiles against it, and the bench.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ensign)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "Ensign")
set(CPACK_PACKAGE_CONTACT "the Ensign maintainers <maintainers@ensign.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Proves that ICS2 will accept a seal certificate and every message sealed with it")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL command library development bench)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})

# libcurl is loaded when something is fetched, SQLite and libpq when a store is opened, libxml2 and xmlsec when the reference
# engine judges, ISA-L when something large is compressed, so that no dependency of the programs names them.
set(ENSIGN_REFERENCE_PACKAGES "libxml2 | libxml2-16, libxmlsec1t64-openssl | libxmlsec1-openssl")
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME ensign)
set(CPACK_DEBIAN_COMMAND_PACKAGE_DEPENDS "libsqlite3-0, ${ENSIGN_REFERENCE_PACKAGES}")
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS "libcurl4t64 | libcurl4, ca-certificates, libpq5, libisal2")
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS "libengine-pkcs11-openssl | pkcs11-provider, ensign-bench")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "The command: pre-flights certificates, seals, verifies, keeps trusted lists and a registry.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libensign${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "${ENSIGN_REFERENCE_PACKAGES}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS "libsqlite3-0, libcurl4t64 | libcurl4, libisal2")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/triggers)
file(WRITE ${PROJECT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "The library that seals and judges messages and certificates.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libensign-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libensign${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers, pkg-config and CMake files of the library.")

set(CPACK_DEBIAN_BENCH_PACKAGE_NAME ensign-bench)
set(CPACK_DEBIAN_BENCH_PACKAGE_DEPENDS "ensign (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_BENCH_DESCRIPTION "Measures operations against the bare cryptography, on the machine at hand.")

include(CPack)
