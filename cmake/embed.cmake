# Makes a C source of a file's bytes: cmake -DFILE=… -DNAME=… -DOUT=… -P embed.cmake, with -DHEADER=… that declares it.
if(NOT HEADER)
    set(HEADER web/pages/asset.h)
endif()
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "#include \"${HEADER}\"\n\nstatic const uint8_t octets[] = {\n${bytes}};\nconst ens_slice ${NAME} = {octets, sizeof octets};\n")
