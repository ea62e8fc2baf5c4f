#include "hitless/haproxy/certificate.hpp"
#include "hitless/haproxy/command.hpp"

#include "support/certificate.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>

namespace hitless::haproxy {
namespace {

using boost::replace_all_copy;
using test::MadeCertificate;
using test::make_certificate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const MadeCertificate& one() {
    static const MadeCertificate made = make_certificate("one.example");
    return made;
}

const MadeCertificate& other() {
    static const MadeCertificate made = make_certificate("other.example");
    return made;
}

Certificate good(const std::string& text) {
    const auto read = read_certificate(text);
    const auto* const flaw = std::get_if<PemFlaw>(&read);
    EXPECT_EQ(flaw, nullptr) << (flaw == nullptr ? "" : flaw->what);
    return flaw == nullptr ? std::get<Certificate>(read) : Certificate();
}

PemFlaw bad(const std::string& text) {
    const auto read = read_certificate(text);
    const auto* const flaw = std::get_if<PemFlaw>(&read);
    EXPECT_NE(flaw, nullptr) << text;
    return flaw == nullptr ? PemFlaw() : *flaw;
}

TEST(Certificates, AreRead) {
    const Certificate read = good(one().bundle());
    EXPECT_EQ(read.fingerprint, one().fingerprint);
    EXPECT_EQ(read.of, (CertificateNames{"/CN=one.example", "/CN=one.example"}));
    EXPECT_THAT(read.chain, testing::IsEmpty());
    EXPECT_TRUE(read.has_key);
    EXPECT_EQ(read.text, one().bundle());
    EXPECT_FALSE(good(one().certificate).has_key) << "HAProxy looks for it in another file";
}

/// Wherever the key stands, and whatever is between the blocks that means nothing.
TEST(Certificates, AreTheSameInOtherTexts) {
    const Certificate read = good(one().bundle());
    EXPECT_EQ(good(one().key + one().certificate).fingerprint, read.fingerprint);
    for (const std::string& text :
         {"\n\n" + one().bundle() + "\n \t\n", replace_all_copy(one().bundle(), "\n", "\r\n"),
          replace_all_copy(one().bundle(), "\n", " \n"),
          one().bundle().substr(0, one().bundle().size() - 1)}) {
        EXPECT_EQ(good(text).digest, read.digest) << text;
        EXPECT_EQ(good(text).text, read.text) << "without what HAProxy would take for its end";
    }
    EXPECT_NE(good(one().certificate).digest, read.digest);
    EXPECT_NE(good(other().bundle()).digest, read.digest);
}

TEST(Certificates, MayHaveAChain) {
    test::CertificateWish wish;
    wish.name = "leaf.example";
    wish.authority = &one();
    const MadeCertificate leaf = make_certificate(wish);
    const Certificate read = good(leaf.certificate + one().certificate + leaf.key);
    EXPECT_EQ(read.fingerprint, leaf.fingerprint);
    EXPECT_EQ(read.of, (CertificateNames{"/CN=leaf.example", "/CN=one.example"}));
    EXPECT_THAT(read.chain, ElementsAre(CertificateNames{"/CN=one.example", "/CN=one.example"}));
}

TEST(Certificates, AreRefusedWhereAnythingIsWrong) {
    struct Case {
        std::string text;
        std::string what;
    };
    const std::string all = one().bundle();
    const std::string end = "-----END CERTIFICATE-----\n";
    const Case cases[] = {
        {"", "no certificate"},
        {one().key, "no certificate"},
        {one().certificate + other().key, "belongs to another certificate than the one in line 1"},
        {all + other().key, "is a second private key"},
        {"# made by hand\n" + all, "line 1 is no part of a PEM block"},
        {all + "shutdown sessions server app/web1\n", "is no part of a PEM block"},
        {all + "-----END CERTIFICATE-----\n", "is no part of a PEM block"},
        {all + "-----BEGIN -----\n", "is no part of a PEM block"},
        {replace_all_copy(all, end, "\n" + end), "is blank"},
        {replace_all_copy(all, end, "set server app/a weight 1\n" + end), "is no base64"},
        {replace_all_copy(all, end, "AA\n" + end), "it is no whole base64"},
        {replace_all_copy(all, end, "=AAA\n" + end), "it is no whole base64"},
        {replace_all_copy(all, end, "AAAA\n" + end), "is broken: it "},
        {replace_all_copy(all, end, std::string(129, 'A') + "\n" + end), "longer than"},
        {replace_all_copy(all, end, ""), "is no base64"},
        {replace_all_copy(all, end, "-----END PRIVATE KEY-----\n"), "as a block of another kind"},
        {one().certificate + "-----BEGIN PRIVATE KEY-----\nAAAA\n", "has no end"},
        {one().certificate + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
         "it holds no private key"},
        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate"},
        {one().certificate + "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                             "-----END ENCRYPTED PRIVATE KEY-----\n",
         "has a passphrase"},
        {one().certificate + "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
         "has a passphrase"},
        {all + "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
         "belongs into no file of a certificate"},
        {all + std::string(1, '\0'), "is no part of a PEM block"},
    };
    for (const Case& each : cases) {
        EXPECT_THAT(bad(each.text).what, HasSubstr(each.what)) << each.text;
        EXPECT_THAT(bad(each.text).what, Not(HasSubstr(one().secret()))) << "it goes to the log";
    }
}

/// They stand in HAProxy's answers as they are.
TEST(Certificates, HaveNoNamesThatAreSeveralLines) {
    EXPECT_THAT(bad(make_certificate("a\n> b").bundle()).what,
                HasSubstr("has a control character in a name"));
    test::CertificateWish wish;
    wish.name = "leaf.example";
    const MadeCertificate hostile = make_certificate("x\r");
    wish.authority = &hostile;
    EXPECT_THAT(bad(make_certificate(wish).bundle()).what, HasSubstr("a control character"));
}

TEST(Certificates, FlawsAreAtTheirPlaces) {
    const std::string line = "beside\n";
    const PemFlaw beside = bad(one().bundle() + line);
    ASSERT_EQ(beside.places.size(), 1U);
    EXPECT_EQ(beside.places[0].begin, one().bundle().size());
    EXPECT_EQ(beside.places[0].end, one().bundle().size() + line.size() - 1);
    const PemFlaw pair = bad(one().certificate + other().key);
    ASSERT_EQ(pair.places.size(), 2U) << "the key and the certificate";
    EXPECT_EQ(pair.places[0].begin, one().certificate.size());
    EXPECT_EQ(pair.places[1].begin, 0U);
}

TEST(Certificates, AreNotValidForEver) {
    test::CertificateWish wish;
    wish.name = "a";
    wish.begin = std::chrono::hours(-2);
    wish.end = std::chrono::hours(2);
    const Certificate read = good(make_certificate(wish).bundle());
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    EXPECT_EQ(validity_trouble(read, now), std::nullopt);
    EXPECT_THAT(validity_trouble(read, now + std::chrono::hours(3)).value_or(""),
                StartsWith("it has ended on 20"));
    EXPECT_THAT(validity_trouble(read, now - std::chrono::hours(3)).value_or(""),
                StartsWith("it isn't valid before 20"));
    EXPECT_EQ(day_of(Certificate::Time(std::chrono::seconds(1'800'000'000))), "2027-01-15");
}

std::string shown(const std::string& more) {
    return "Filename: /h/a.pem\nStatus: Used\nSerial: 01\nnotBefore: Nov 27 00:00:00 2026 GMT\n"
           "notAfter: Nov 29 00:00:00 2026 GMT\nSubject Alternative Name: DNS:a\n"
           "Algorithm: EC256\nSHA1 FingerPrint: AB01\nSubject: /CN=a\nIssuer: /CN=ca\n" +
           more;
}

TEST(Certificates, AreUnderstoodAsHAProxyShowsThem) {
    const ShownCertificate alone = parse_shown_certificate(shown("")).value();
    EXPECT_EQ(alone.fingerprint, "AB01");
    EXPECT_EQ(alone.subject, "/CN=a");
    EXPECT_EQ(alone.names, "DNS:a");
    EXPECT_TRUE(alone.is_used);
    EXPECT_EQ(day_of(end_of(alone).value()), "2026-11-29");
    ShownCertificate other_end;
    EXPECT_EQ(end_of(other_end), std::nullopt);
    other_end.not_after = "Jan  9 23:59:59 2107 GMT";
    EXPECT_EQ(day_of(end_of(other_end).value()), "2107-01-09");
    EXPECT_THAT(alone.chain, testing::IsEmpty());
    const std::string chain = "Chain Subject: /CN=ca\nChain Issuer: /CN=root\n";
    EXPECT_THAT(parse_shown_certificate(shown(chain + chain)).value().chain,
                ElementsAre(CertificateNames{"/CN=ca", "/CN=root"},
                            CertificateNames{"/CN=ca", "/CN=root"}));
    EXPECT_EQ(parse_shown_certificate(shown("Chain Filename: /h/root.pem\n" + chain)).value(),
              alone)
        << "a chain that isn't in the file";
    EXPECT_EQ(parse_shown_certificate("Filename: a\nStatus: Empty\n").value().fingerprint, "");
    EXPECT_FALSE(parse_shown_certificate("Can't display the certificate: Not found\n"));
}

TEST(Certificates, AreListed) {
    const auto list = parse_certificate_list("# transaction\n*/h/a.pem\n\n# filename\n/h/a.pem\n"
                                             "b c.pem\n");
    EXPECT_THAT(list.files, ElementsAre("/h/a.pem", "b c.pem"));
    EXPECT_EQ(list.begun, "/h/a.pem");
    EXPECT_EQ(parse_certificate_list("# filename\na.pem\n").begun, "");
}

TEST(CertificateCommands, NameTheFileAndHaveTheTextAsPayload) {
    const Certificate read = good("\n" + one().bundle());
    const auto set = command::set_certificate("a b.pem", read);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(set->line, "set ssl cert a\\ b.pem <<");
    EXPECT_EQ(to_wire(*set).value(), set->line + "\n" + one().bundle() + "\n");
    EXPECT_EQ(fmt::format("{}", *set), set->line) << "the key isn't shown";
    EXPECT_EQ(command::commit_certificate("a.pem").value(), "commit ssl cert a.pem");
    EXPECT_EQ(command::show_certificate("a.pem").value(), "show ssl cert a.pem");
    const auto abort = command::abort_certificate("a.pem").value();
    EXPECT_EQ(abort.line, "abort ssl cert a.pem");
    EXPECT_EQ(command::refusal(abort, "No ongoing transaction!"), std::nullopt);
    for (const std::string name : {"", "*a.pem", "a\nb"}) {
        EXPECT_FALSE(command::set_certificate(name, read)) << name;
        EXPECT_FALSE(command::show_certificate(name)) << name;
    }
    Certificate large = read;
    for (int i = 0; i < 40; ++i)
        large.text += one().certificate;
    EXPECT_FALSE(command::set_certificate("a.pem", large)) << "HAProxy's buffer is smaller";
}

} // namespace
} // namespace hitless::haproxy
