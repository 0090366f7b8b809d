# One interface target carries the language, warning and sanitizer flags of every target.
add_library(ensign_flags INTERFACE)
target_include_directories(ensign_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(ensign_flags INTERFACE _GNU_SOURCE ENSIGN_VERSION="${PROJECT_VERSION}")
target_compile_options(ensign_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual
    -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wconversion -Wno-sign-conversion -fno-common -fstack-protector-strong)
if(ENSIGN_SIMD)
    target_compile_definitions(ensign_flags INTERFACE ENSIGN_SIMD)
endif()
if(ENSIGN_LANES)
    target_compile_definitions(ensign_flags INTERFACE ENSIGN_LANES)
endif()
if(ENSIGN_WERROR)
    target_compile_options(ensign_flags INTERFACE -Werror)
endif()
if(ENSIGN_SANITIZE)
    target_compile_options(ensign_flags INTERFACE -fsanitize=${ENSIGN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(ensign_flags INTERFACE -fsanitize=${ENSIGN_SANITIZE})
endif()
if(ENSIGN_FUZZ)
    target_compile_options(ensign_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
# How often what runs is noted beside the objects by a build with `make`, and read from there by one with `use` in the
# same folder. What was not run is optimised as ever.
if(ENSIGN_PROFILE STREQUAL "make")
    target_compile_options(ensign_flags INTERFACE -fprofile-generate)
    target_link_options(ensign_flags INTERFACE -fprofile-generate)
elseif(ENSIGN_PROFILE STREQUAL "use")
    target_compile_options(ensign_flags INTERFACE
        -fprofile-use -fprofile-partial-training -fprofile-correction -Wno-missing-profile)
endif()
