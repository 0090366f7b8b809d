#include "sti/demo/guide.h"

#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"
#include "engine/base/file.h"
#include "sti/demo/keystore.h"

#include <stdio.h>
#include <string.h>

#define SECURITY_POLICY "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
#define DOMIBUS_HERE "http://localhost:8080/domibus/services/msh" /* where one listens that nobody set up otherwise */

/* The trader's side of a command, from its seal to its TLS. */
static void put_identity(const ens__demo *d, ens_buf *out)
{
    const char *pki = d->pki;
    ens_buf_printf(out,
                   "--key %s/trader.key --cert %s/trader.pem --trust %s/customs-root.pem --tls-cert %s/tls-client.pem "
                   "--tls-key %s/tls-client.key --tls-root %s/tls-root.pem",
                   pki, pki, pki, pki, pki, pki);
}

static void put_commands(const ens__demo *d, const char *url, ens_buf *out)
{
    const char *eori = ens__demo_parties[0].eori, *pki = d->pki;
    ens_buf_printf(out, "  a document  ensign ens new IE3F26 --from %s -o ens.xml\n", eori);
    ens_buf_printf(out, "  sent        ensign send %s ens.xml --from %s --action IE3F26 ", url, eori);
    put_identity(d, out);
    ens_buf_printf(out, "\n  the reply   ensign pull %s --mpc " ENS_MPC_EORI "%s --payloads replies ", url, eori);
    put_identity(d, out);
    ens_buf_printf(out,
                   "\n  by curl     ensign seal ens.xml --from %s --action IE3F26 --key %s/trader.key --cert "
                   "%s/trader.pem -o m.mime\n"
                   "              sed '1,/^\\r$/d' m.mime | curl --cacert %s/tls-root.pem --cert %s/tls-client.pem "
                   "--key %s/tls-client.key -H \"$(grep -aim1 ^content-type: m.mime | tr -d '\\r')\" --data-binary @- "
                   "-o receipt.xml %s\n"
                   "  proven      ensign receipt check receipt.xml --for m.mime --trust %s/customs-root.pem\n"
                   "  looked up   ensign journal list --store %s\n",
                   eori, pki, pki, pki, pki, pki, url, pki, d->store);
}

static void put_guide(const ens__demo *d, const ens__demo_urls *at, ens_buf *out)
{
    ens_buf_printf(out, "ensign serve: a stand-in for rehearsals, in %s; its keys are worth nothing elsewhere\n",
                   d->folder);
    put_commands(d, at->as4, out);
    if (at->web[0])
        ens_buf_printf(out,
                       "  pages       %s/\n"
                       "  the API     curl -H \"Authorization: Bearer $(cat %s/" ENS_DEMO_TOKEN
                       ")\" %s/api/v1/journal\n",
                       at->web, d->folder, at->web);
    ens_buf_printf(out,
                   "  for Java    %s/trader.p12 (the seal), tls-client.p12, customs-trust.p12, tls-trust.p12; the pass "
                   "phrase is " ENS_KEYSTORE_PASS "\n"
                   "  Domibus     %s/domibus-pmode.xml, domibus-policy.xml\n"
                   "  phase4      %s/phase4.properties\n"
                   "  all this    %s/guide.txt\n",
                   d->pki, d->folder, d->folder, d->folder);
}

static void put_keystore(const ens__demo *d, const char *role, const char *name, ens_buf *out)
{
    ens_buf_printf(out,
                   "org.apache.wss4j.crypto.merlin.%s.type=PKCS12\n"
                   "org.apache.wss4j.crypto.merlin.%s.file=%s/%s.p12\n"
                   "org.apache.wss4j.crypto.merlin.%s.password=" ENS_KEYSTORE_PASS "\n",
                   role, role, d->pki, name, role);
}

static void put_phase4(const ens__demo *d, const char *url, ens_buf *out)
{
    ens_buf_printf(out,
                   "# phase4 as trader %s of the stand-in in %s\n"
                   "# sends to  %s\n"
                   "# From      %s, type " ENS_PARTY_TYPE_EORI ", role " ENS_ROLE_NAME_TRADER "\n"
                   "# To        " ENS_PARTY_STI ", type " ENS_PARTY_TYPE_AUTH ", role " ENS_ROLE_NAME_CUSTOMS "\n"
                   "# Agreement " ENS_AGREEMENT_V2 ", type " ENS_AGREEMENT_TYPE "\n"
                   "# Service   " ENS_SERVICE_T2C ", type " ENS_SERVICE_TYPE "; Action IE3F26 ...\n"
                   "# the seal  RSA-SHA256, the whole path in the token (BinarySecurityToken, X509PKIPathv1), no "
                   "encryption, payloads compressed\n"
                   "# TLS       java -Djavax.net.ssl.keyStore=%s/tls-client.p12 "
                   "-Djavax.net.ssl.keyStorePassword=" ENS_KEYSTORE_PASS " -Djavax.net.ssl.trustStore=%s/tls-trust.p12 "
                   "-Djavax.net.ssl.trustStorePassword=" ENS_KEYSTORE_PASS "\n"
                   "org.apache.wss4j.crypto.provider=org.apache.wss4j.common.crypto.Merlin\n",
                   ens__demo_parties[0].eori, d->folder, url, ens__demo_parties[0].eori, d->pki, d->pki);
    put_keystore(d, "keystore", "trader", out);
    ens_buf_text(out, "org.apache.wss4j.crypto.merlin.keystore.alias=trader\n"
                      "org.apache.wss4j.crypto.merlin.keystore.private.password=" ENS_KEYSTORE_PASS "\n"
                      "org.apache.wss4j.crypto.merlin.load.cacerts=false\n");
    put_keystore(d, "truststore", "customs-trust", out);
}

/* The P-Mode of a Domibus that is the trader: it sends what traders send, and takes what customs push. */
static void put_parties(const char *url, ens_buf *out)
{
    ens_buf_printf(out,
                   "    <roles>\n"
                   "      <role name=\"trader\" value=\"" ENS_ROLE_NAME_TRADER "\"/>\n"
                   "      <role name=\"customs\" value=\"" ENS_ROLE_NAME_CUSTOMS "\"/>\n"
                   "    </roles>\n"
                   "    <parties>\n"
                   "      <partyIdTypes>\n"
                   "        <partyIdType name=\"eori\" value=\"" ENS_PARTY_TYPE_EORI "\"/>\n"
                   "        <partyIdType name=\"auth\" value=\"" ENS_PARTY_TYPE_AUTH "\"/>\n"
                   "      </partyIdTypes>\n"
                   "      <party name=\"trader\" endpoint=\"" DOMIBUS_HERE "\">\n"
                   "        <identifier partyId=\"%s\" partyIdType=\"eori\"/>\n"
                   "      </party>\n"
                   "      <party name=\"sti\" endpoint=\"%s\">\n"
                   "        <identifier partyId=\"" ENS_PARTY_STI "\" partyIdType=\"auth\"/>\n"
                   "      </party>\n"
                   "    </parties>\n",
                   ens__demo_parties[0].eori, url);
}

#define EBMS_CORE "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"

static const char
    fixed_rows[] =
        "    <meps>\n"
        "      <mep name=\"oneway\" value=\"" EBMS_CORE "oneWay\"/>\n"
        "      <binding name=\"push\" value=\"" EBMS_CORE "push\"/>\n"
        "    </meps>\n"
        "    <properties/>\n"
        "    <payloadProfiles/>\n"
        "    <securities>\n"
        "      <security name=\"ics2\" policy=\"domibus-policy.xml\" signatureMethod=\"RSA_SHA256\"/>\n"
        "    </securities>\n"
        "    <errorHandlings>\n"
        "      <errorHandling name=\"answered\" errorAsResponse=\"true\" businessErrorNotifyProducer=\"true\" "
        "businessErrorNotifyConsumer=\"true\" deliveryFailureNotifyProducer=\"true\"/>\n"
        "    </errorHandlings>\n"
        "    <agreements>\n"
        "      <agreement name=\"ics2\" value=\"" ENS_AGREEMENT_V2 "\" type=\"" ENS_AGREEMENT_TYPE "\"/>\n"
        "    </agreements>\n"
        "    <services>\n"
        "      <service name=\"t2c\" value=\"" ENS_SERVICE_T2C "\" type=\"" ENS_SERVICE_TYPE "\"/>\n"
        "      <service name=\"c2t\" value=\"" ENS_SERVICE_C2T "\" type=\"" ENS_SERVICE_TYPE "\"/>\n"
        "      <service name=\"testing\" value=\"" ENS_TEST_SERVICE "\"/>\n"
        "    </services>\n",
    fixed_end[] = "    <as4>\n"
                  "      <receptionAwareness name=\"repeated\" retry=\"12;4;CONSTANT\" duplicateDetection=\"true\"/>\n"
                  "      <reliability name=\"receipts\" nonRepudiation=\"true\" replyPattern=\"response\"/>\n"
                  "    </as4>\n";

static void put_actions(ens_buf *out)
{
    const ens_action *a;
    ens_buf_text(out, "    <actions>\n      <action name=\"test\" value=\"" ENS_TEST_ACTION "\"/>\n");
    for (unsigned i = 0; (a = ens__action_get(i)); i++)
        ens_buf_printf(out, "      <action name=\"%s\" value=\"%s\"/>\n", a->name, a->name);
    ens_buf_text(out, "    </actions>\n");
}

static void put_leg(const char *action, const char *service, ens_buf *out)
{
    ens_buf_printf(out,
                   "      <legConfiguration name=\"%s\" service=\"%s\" action=\"%s\" defaultMpc=\"default\" "
                   "reliability=\"receipts\" security=\"ics2\" receptionAwareness=\"repeated\" "
                   "errorHandling=\"answered\" compressPayloads=\"true\"/>\n",
                   action, service, action);
}

static void put_legs(ens_buf *out)
{
    const ens_action *a;
    ens_buf_text(out, "    <legConfigurations>\n");
    put_leg("test", "testing", out);
    for (unsigned i = 0; (a = ens__action_get(i)); i++)
        put_leg(a->name, a->direction == ENS_T2C ? "t2c" : "c2t", out);
    ens_buf_text(out, "    </legConfigurations>\n");
}

static void put_process(ens_direction direction, ens_buf *out)
{
    const ens_action *a;
    const char *from = direction == ENS_T2C ? "trader" : "customs", *to = direction == ENS_T2C ? "customs" : "trader";
    ens_buf_printf(out,
                   "    <process name=\"%s\" mep=\"oneway\" binding=\"push\" initiatorRole=\"%s\" responderRole=\"%s\" "
                   "agreement=\"ics2\">\n"
                   "      <initiatorParties><initiatorParty name=\"%s\"/></initiatorParties>\n"
                   "      <responderParties><responderParty name=\"%s\"/></responderParties>\n"
                   "      <legs>\n",
                   direction == ENS_T2C ? "filing" : "answering", from, to, direction == ENS_T2C ? "trader" : "sti",
                   direction == ENS_T2C ? "sti" : "trader");
    if (direction == ENS_T2C)
        ens_buf_text(out, "        <leg name=\"test\"/>\n");
    for (unsigned i = 0; (a = ens__action_get(i)); i++)
        if (a->direction == direction)
            ens_buf_printf(out, "        <leg name=\"%s\"/>\n", a->name);
    ens_buf_text(out, "      </legs>\n    </process>\n");
}

static void put_pmode(const ens__demo *d, const char *url, ens_buf *out)
{
    ens_buf_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!-- A Domibus as trader %s of the stand-in in %s. Key store: trader.p12, alias trader; trust store:\n"
        "     customs-trust.p12; TLS: tls-client.p12, tls-trust.p12. The policy, domibus-policy.xml, goes into "
        "conf/domibus/policies.\n"
        "     domibus.fourcornermodel.enabled=false, for ICS2 sends no message properties. -->\n"
        "<db:configuration xmlns:db=\"http://domibus.eu/configuration\" party=\"trader\">\n"
        "  <mpcs>\n"
        "    <mpc name=\"default\" qualifiedName=\"" ENS_MPC_DEFAULT "\" enabled=\"true\" default=\"true\" "
        "retention_downloaded=\"0\" retention_undownloaded=\"14400\"/>\n"
        "  </mpcs>\n"
        "  <businessProcesses>\n",
        ens__demo_parties[0].eori, d->folder);
    put_parties(url, out);
    ens_buf_text(out, fixed_rows);
    put_actions(out);
    ens_buf_text(out, fixed_end);
    put_legs(out);
    put_process(ENS_T2C, out);
    put_process(ENS_C2T, out);
    ens_buf_text(out, "  </businessProcesses>\n</db:configuration>\n");
}

static void put_token(const char *name, ens_buf *out)
{
    ens_buf_printf(out,
                   "      <sp:%s><wsp:Policy>\n"
                   "        <sp:X509Token sp:IncludeToken=\"" SECURITY_POLICY "/IncludeToken/Always\">\n"
                   "          <wsp:Policy><sp:WssX509PkiPathV1Token11/></wsp:Policy>\n"
                   "        </sp:X509Token>\n"
                   "      </wsp:Policy></sp:%s>\n",
                   name, name);
}

/* The algorithm suite is the one that every Domibus knows by name; nothing is encrypted. */
static void put_policy(ens_buf *out)
{
    ens_buf_text(out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<!-- ICS2's seal: the whole path in the token; Messaging, Body and attachments signed. From Domibus "
                 "5.1.1 on the suite may be\n     written as its placeholder. -->\n"
                 "<wsp:Policy xmlns:wsp=\"http://www.w3.org/ns/ws-policy\" xmlns:sp=\"" SECURITY_POLICY "\"\n"
                 "            xmlns:sp13=\"http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200802\"\n"
                 "            xmlns:suite=\"http://e-delivery.eu/custom/security-policy\">\n"
                 "  <sp:AsymmetricBinding>\n    <wsp:Policy>\n");
    put_token("InitiatorToken", out);
    put_token("RecipientToken", out);
    ens_buf_text(out, "      <sp:AlgorithmSuite><wsp:Policy><suite:Basic128GCMSha256MgfSha256/></wsp:Policy>"
                      "</sp:AlgorithmSuite>\n"
                      "      <sp:Layout><wsp:Policy><sp:Strict/></wsp:Policy></sp:Layout>\n"
                      "      <sp:OnlySignEntireHeadersAndBody/>\n"
                      "    </wsp:Policy>\n  </sp:AsymmetricBinding>\n"
                      "  <sp:SignedParts>\n    <sp:Body/>\n"
                      "    <sp:Header Name=\"Messaging\" Namespace=\"" ENS_NS_EB "\"/>\n"
                      "    <sp:Attachments><sp13:ContentSignatureTransform/></sp:Attachments>\n"
                      "  </sp:SignedParts>\n</wsp:Policy>\n");
}

/* write_text replaces a file that says something else. */
static ens_code write_text(const ens__demo *d, const char *name, ens_buf *text, ens_err *err)
{
    char path[ENS_DEMO_PATH + 32];
    ens_file before = {0};
    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    ens_code code = ens_buf_done(text, err);
    bool same = code == ENS_OK && ens__file_open(path, ENS_GUIDE_MAX, &before, NULL) == ENS_OK &&
                ens_eq(before.bytes, ens_buf_slice(text));
    ens__file_close(&before);
    if (code == ENS_OK && !same)
        code = ens__file_write(path, ens_buf_slice(text), 0644, err);
    text->len = 0;
    return code;
}

static ens_code make_keystores(const ens__demo *d, ens_err *err)
{
    static const char *const customs[] = {"sti", "customs-root", NULL}, *const tls[] = {"tls-root", NULL};
    ens_code code = ens__keystore_make(d->pki, "trader", err);
    if (code == ENS_OK)
        code = ens__keystore_make(d->pki, "tls-client", err);
    if (code == ENS_OK)
        code = ens__truststore_make(d->pki, "customs-trust", customs, err);
    return code == ENS_OK ? ens__truststore_make(d->pki, "tls-trust", tls, err) : code;
}

ens_code ens__guide_write(const ens__demo *d, const ens__demo_urls *at, ens_buf *out, ens_err *err)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, ENS_GUIDE_MAX);
    ens_code code = make_keystores(d, err);
    put_pmode(d, at->as4, &text);
    if (code == ENS_OK)
        code = write_text(d, "domibus-pmode.xml", &text, err);
    put_policy(&text);
    if (code == ENS_OK)
        code = write_text(d, "domibus-policy.xml", &text, err);
    put_phase4(d, at->as4, &text);
    if (code == ENS_OK)
        code = write_text(d, "phase4.properties", &text, err);
    put_guide(d, at, &text);
    ens_buf_put(out, ens_buf_slice(&text));
    if (code == ENS_OK)
        code = write_text(d, "guide.txt", &text, err);
    ens_buf_free(&text);
    return code == ENS_OK ? ens_buf_done(out, err) : code;
}
