// Judges and signs PDFs with other hands: one command a line, one answer a line.
//   dss ROOT CRL[,CRL] TIME FILE          format, indication, whether intact and valid, scope
//   pdfbox|openpdf MODE FORMAT P12 IN OUT  MODE incremental|anew, FORMAT cades|adbe; signs the field OWNER
import com.lowagie.text.pdf.*;
import eu.europa.esig.dss.enumerations.*;
import eu.europa.esig.dss.model.*;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.diagnostic.*;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.util.*;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.*;
import org.apache.pdfbox.pdmodel.interactive.form.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.ess.*;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.operator.jcajce.*;

public class Peers {
    static final long AT = 1790856000000L; // 2026-10-01T12:00:00Z

    record Signer(PrivateKey key, java.security.cert.Certificate[] chain) {
    }

    static Signer open(String path) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(path)) {
            store.load(in, "ensign".toCharArray());
        }
        String alias = store.aliases().nextElement();
        return new Signer((PrivateKey) store.getKey(alias, "ensign".toCharArray()), store.getCertificateChain(alias));
    }

    // BouncyCastle's attributes, without the time of signing and with signing-certificate-v2 for CAdES.
    static CMSAttributeTableGenerator attributes(X509Certificate cert, boolean cades) {
        DefaultSignedAttributeTableGenerator usual = new DefaultSignedAttributeTableGenerator();
        return parameters -> {
            AttributeTable table = usual.getAttributes(parameters);
            if (!cades)
                return table;
            try {
                table = table.remove(CMSAttributes.signingTime).remove(CMSAttributes.cmsAlgorithmProtect);
                byte[] hash = MessageDigest.getInstance("SHA-256").digest(cert.getEncoded());
                SigningCertificateV2 named = new SigningCertificateV2(new ESSCertIDv2[] {new ESSCertIDv2(hash)});
                return table.add(PKCSObjectIdentifiers.id_aa_signingCertificateV2, named);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
    }

    static byte[] cms(Signer signer, byte[] content, boolean cades) throws Exception {
        X509Certificate cert = (X509Certificate) signer.chain[0];
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        JcaSignerInfoGeneratorBuilder builder =
            new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build());
        builder.setSignedAttributeGenerator(attributes(cert, cades));
        generator.addSignerInfoGenerator(
            builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(signer.key), cert));
        generator.addCertificates(new JcaCertStore(Arrays.asList(signer.chain)));
        return generator.generate(new CMSProcessableByteArray(content), false).toASN1Structure().getEncoded(ASN1Encoding.DER);
    }

    static Calendar time() {
        Calendar at = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
        at.setTimeInMillis(AT);
        return at;
    }

    static void pdfbox(boolean anew, boolean cades, String p12, String in, String out) throws Exception {
        Signer signer = open(p12);
        byte[] bytes = Files.readAllBytes(Path.of(in));
        if (anew) {
            ByteArrayOutputStream saved = new ByteArrayOutputStream();
            try (PDDocument document = Loader.loadPDF(bytes)) {
                document.save(saved);
            }
            bytes = saved.toByteArray();
        }
        try (PDDocument document = Loader.loadPDF(bytes); OutputStream to = new FileOutputStream(out)) {
            PDSignature signature = new PDSignature();
            signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            signature.setSubFilter(cades ? PDSignature.SUBFILTER_ETSI_CADES_DETACHED
                                         : PDSignature.SUBFILTER_ADBE_PKCS7_DETACHED);
            signature.setSignDate(time());
            PDSignatureField field = (PDSignatureField) document.getDocumentCatalog().getAcroForm().getField("OWNER");
            field.getCOSObject().setItem(COSName.V, signature);
            field.getCOSObject().setNeedToBeUpdated(true);
            document.addSignature(signature, content -> {
                try {
                    return cms(signer, content.readAllBytes(), cades);
                } catch (Exception e) {
                    throw new IOException(e);
                }
            });
            document.saveIncremental(to);
        }
    }

    static void openpdf(boolean anew, boolean cades, String p12, String in, String out) throws Exception {
        Signer signer = open(p12);
        int room = 12000;
        try (FileOutputStream to = new FileOutputStream(out)) {
            PdfStamper stamper = PdfStamper.createSignature(new PdfReader(in), to, '\0', null, !anew);
            PdfSignatureAppearance shown = stamper.getSignatureAppearance();
            shown.setVisibleSignature("OWNER");
            shown.setSignDate(time());
            shown.setCrypto(null, signer.chain, null, null);
            com.lowagie.text.pdf.PdfSignature dictionary = new com.lowagie.text.pdf.PdfSignature(
                PdfName.ADOBE_PPKLITE, new PdfName(cades ? "ETSI.CAdES.detached" : "adbe.pkcs7.detached"));
            dictionary.setDate(new PdfDate(time()));
            shown.setCryptoDictionary(dictionary);
            Map<PdfName, Integer> sizes = new HashMap<>();
            sizes.put(PdfName.CONTENTS, room * 2 + 2);
            shown.preClose(sizes);
            byte[] padded = new byte[room], made = cms(signer, shown.getRangeStream().readAllBytes(), cades);
            System.arraycopy(made, 0, padded, 0, made.length);
            PdfDictionary rest = new PdfDictionary();
            rest.put(PdfName.CONTENTS, new PdfString(padded).setHexWriting(true));
            shown.close(rest);
        }
    }

    static String dss(String root, String crls, String time, String file) throws Exception {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(root)));
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        if (!crls.equals("-")) {
            List<DSSDocument> lists = new ArrayList<>();
            for (String path : crls.split(","))
                lists.add(new FileDocument(path));
            verifier.setCrlSource(new ExternalResourcesCRLSource(lists.toArray(new DSSDocument[0])));
        }
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        validator.setCertificateVerifier(verifier);
        validator.setValidationTime(Date.from(java.time.Instant.parse(time)));
        Reports reports = validator.validateDocument();
        SimpleReport simple = reports.getSimpleReport();
        String id = simple.getFirstSignatureId();
        if (id == null)
            return "no signature found";
        SignatureWrapper signature = reports.getDiagnosticData().getSignatureById(id);
        String scope = signature.getSignatureScopes().isEmpty() ? "-"
                                                                : signature.getSignatureScopes().get(0).getScope().name();
        return signature.getSignatureFormat() + " " + simple.getIndication(id) + "/" + simple.getSubIndication(id)
            + " intact=" + signature.isSignatureIntact() + " valid=" + signature.isSignatureValid() + " scope=" + scope;
    }

    static String run(String[] w) throws Exception {
        if (w[0].equals("dss"))
            return dss(w[1], w[2], w[3], w[4]);
        boolean anew = w[1].equals("anew"), cades = w[2].equals("cades");
        if (w[0].equals("pdfbox"))
            pdfbox(anew, cades, w[3], w[4], w[5]);
        else
            openpdf(anew, cades, w[3], w[4], w[5]);
        return "signed";
    }

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null;) {
            String answer;
            try {
                answer = run(line.trim().split(" +"));
            } catch (Throwable e) {
                answer = "error " + e.getClass().getSimpleName() + ": " + e.getMessage();
            }
            System.out.println(answer.replace('\n', ' '));
            System.out.flush();
        }
    }
}
