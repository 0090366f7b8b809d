/* Faults that share the id of a check and are answered apart. Each is told by one of these formats alone, and goes by
 * it wherever it is answered: another wording changes no code, and neither does what a message holds. */
#ifndef ENS_AS4_TOLD_H
#define ENS_AS4_TOLD_H

/* header.messaging */
#define ENS_TOLD_NO_HEADER "there is no SOAP Header"
#define ENS_TOLD_NO_MESSAGING "the SOAP Header has 0 eb:Messaging blocks, not one"
/* rules.part */
#define ENS_TOLD_OUTSIDE "part %u is outside the message: %s"
#define ENS_TOLD_COMPRESSION "part %u: CompressionType is \"%s\""
#define ENS_TOLD_ENCODING "part %u: \"%s\" is no name of an encoding"
#define ENS_TOLD_UNTYPED "part %u has no property MimeType%s"

#endif
