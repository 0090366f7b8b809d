/* Names that AS4 and ICS2 fix: namespaces, algorithm URIs, header values. Sources beside them. */
#ifndef ENS_AS4_ENVELOPE_NAMES_H
#define ENS_AS4_ENVELOPE_NAMES_H

/* Namespaces (ebMS3 Core; WSS 1.1.1; ICS2-HTI Annex 6) */
#define ENS_NS_SOAP12 "http://www.w3.org/2003/05/soap-envelope"
#define ENS_NS_SOAP11 "http://schemas.xmlsoap.org/soap/envelope/"
#define ENS_NS_EB "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
#define ENS_NS_EBBP "http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0"
#define ENS_NS_WSSE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define ENS_NS_WSSE11 "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
#define ENS_NS_WSU "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define ENS_NS_DS "http://www.w3.org/2000/09/xmldsig#"
#define ENS_NS_XENC "http://www.w3.org/2001/04/xmlenc#"
#define ENS_NS_EC "http://www.w3.org/2001/10/xml-exc-c14n#"
#define ENS_NS_XML "http://www.w3.org/XML/1998/namespace"
#define ENS_NS_XSI "http://www.w3.org/2001/XMLSchema-instance"
#define ENS_NS_SAML1 "urn:oasis:names:tc:SAML:1.0:assertion"
#define ENS_NS_SAML2 "urn:oasis:names:tc:SAML:2.0:assertion"
#define ENS_NS_WSC "http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512"
/* … and their numbers in the records of an envelope (engine/xml/tree/tree.h). */
enum {
    ENS_IN_NONE = 0,
    ENS_IN_SOAP12,
    ENS_IN_SOAP11,
    ENS_IN_EB,
    ENS_IN_EBBP,
    ENS_IN_WSSE,
    ENS_IN_WSSE11,
    ENS_IN_WSU,
    ENS_IN_DS,
    ENS_IN_XENC,
    ENS_IN_EC,
    ENS_IN_XML,
    ENS_IN_XSI,
    ENS_IN_SAML1,
    ENS_IN_SAML2,
    ENS_IN_WSC
};

/* Algorithms (ICS2-HTI 4.6.2, Table 11) */
#define ENS_ALG_EXC_C14N "http://www.w3.org/2001/10/xml-exc-c14n#"
#define ENS_ALG_RSA_SHA256 "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define ENS_ALG_SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"
#define ENS_ALG_SWA_CONTENT                                                                                            \
    "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"
#define ENS_BASE64_BINARY                                                                                              \
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
#define ENS_TOKEN_PKIPATH "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509PKIPathv1"
#define ENS_TOKEN_X509V3 "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"

/* Header values (ICS2-HTI 4.2, Annex 2) */
#define ENS_PARTY_TYPE_EORI "urn:oasis:names:tc:ebcore:partyid-type:unregistered:eu-customs:EORI"
#define ENS_PARTY_TYPE_AUTH "urn:oasis:names:tc:ebcore:partyid-type:unregistered:eu-customs:auth"
#define ENS_PARTY_STI "sti-taxud"
#define ENS_ROLE_NAME_TRADER "Trader"
#define ENS_ROLE_NAME_CUSTOMS "Customs"
#define ENS_AGREEMENT_TYPE "ics2-interface-version"
#define ENS_AGREEMENT_V1 "EU-ICS2-TI-V1.0"
#define ENS_AGREEMENT_V2 "EU-ICS2-TI-V2.0"
#define ENS_SERVICE_TYPE "eu-customs-service-type"
#define ENS_SERVICE_T2C "eu_ics2_t2c"
#define ENS_SERVICE_C2T "eu_ics2_c2t"
#define ENS_TEST_SERVICE ENS_NS_EB "service"
#define ENS_TEST_ACTION ENS_NS_EB "test"
#define ENS_MPC_DEFAULT ENS_NS_EB "defaultMPC"
#define ENS_MPC_BASE "urn:fdc:ec.europa.eu:2019:eu_ics2_c2t"
#define ENS_MPC_EORI ENS_MPC_BASE "/EORI/" /* ENS_CHANNEL of ensign/seal.h */

/* Namespaces of the interface versions' documents */
#define ENS_NS_ICS2_V1 "urn:wco:datamodel:WCO:CIS:1"
#define ENS_NS_ICS2_V2 "urn:wco:datamodel:eu:ics2:2"

#endif
