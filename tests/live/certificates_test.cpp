// Certificates as a kind of live objects.
#include "hitless/live/kind.hpp"

#include "plan/planning.hpp"
#include "support/certificate.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace hitless::live {
namespace {

using plan::parse;
using test::MadeCertificate;
using test::make_certificate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const ObjectId a{ObjectId::Kind::certificate, "a.pem", ""};
const ObjectId b{ObjectId::Kind::certificate, "b.pem", ""};

SharedCertificate certificate_of(const std::string& text) {
    const auto file = read_file(haproxy::FileUse::Kind::certificate, text);
    return file ? file->certificate : nullptr;
}

const MadeCertificate& old_one() {
    static const MadeCertificate made = make_certificate("a");
    return made;
}
const MadeCertificate& new_one() {
    static const MadeCertificate made = make_certificate("a");
    return made;
}

/// What HAProxy says of a certificate.
std::string shown(const MadeCertificate& made, const std::string& more = {}) {
    return fmt::format("Filename: x\nStatus: Used\nSHA1 FingerPrint: {}\nSubject: /CN=a\n{}",
                       made.fingerprint, more);
}

class CertificatePlans : public testing::Test {
  protected:
    /// HAProxy is asked, and tells of a.pem and b.pem.
    void read(const std::string& of_a, const std::string& of_b = shown(old_one()),
              const std::string& begun = {}, const Scopes& scopes = {}) {
        std::vector<std::string> answers = {begun + "# filename\na.pem\nother.pem\nb.pem\n"};
        const auto further = kind().take(scopes, answers, observed_).value();
        for (const haproxy::Command& command : further)
            answers.push_back(command.line.find(" a.pem") != std::string::npos ? of_a : of_b);
        if (!further.empty()) {
            EXPECT_THAT(kind().take(scopes, answers, observed_).value(), IsEmpty());
        }
        asked_ = haproxy::lines_of(further);
    }

    plan::Plan plan(std::vector<ObjectId> objects = {a, b}) {
        const haproxy::Config config = parse("frontend f\n");
        return make_plan({config, config, files_, observed_, {}, {}}, objects);
    }

    static std::vector<std::string> told(const plan::Plan& plan) {
        std::vector<std::string> lines;
        for (const plan::Step& step : plan.steps) {
            EXPECT_EQ(step.phase, plan::Phase::change);
            EXPECT_THAT(step.detail, Not(HasSubstr("KEY")));
            for (const haproxy::Command& command : step.commands) {
                EXPECT_TRUE(to_wire(command)) << command.line;
                lines.push_back(command.line);
            }
        }
        return lines;
    }

    static const Kind& kind() { return *find_kind(ObjectId::Kind::certificate); }

    Files files_ = {{a, {nullptr, false, certificate_of(old_one().bundle())}},
                    {b, {nullptr, false, certificate_of(old_one().bundle())}}};
    Observed observed_ = [] {
        Observed observed;
        observed.certificates.watched = {a, b};
        return observed;
    }();
    std::vector<std::string> asked_;
};

TEST_F(CertificatePlans, ChangeWhatDiffers) {
    read(shown(old_one()));
    EXPECT_THAT(asked_, ElementsAre("show ssl cert a.pem", "show ssl cert b.pem"))
        << "only what somebody keeps";
    EXPECT_TRUE(plan().empty());
    files_[a].certificate = certificate_of(new_one().bundle());
    const plan::Plan change = plan();
    EXPECT_THAT(told(change), ElementsAre("abort ssl cert a.pem", "set ssl cert a.pem <<",
                                          "commit ssl cert a.pem", "abort ssl cert a.pem"));
    EXPECT_THAT(change.steps[0].detail,
                HasSubstr(fmt::format("SHA-1 {} → {}, /CN=a, until 20", old_one().fingerprint,
                                      new_one().fingerprint)));
    EXPECT_EQ(change.steps[0].commands[1].payload, new_one().bundle());
    note_done(change.steps[0], observed_);
    EXPECT_TRUE(plan().empty());
    read(shown(new_one()), shown(old_one()), {}, {"a.pem"});
    EXPECT_THAT(asked_, ElementsAre("show ssl cert a.pem"));
    EXPECT_TRUE(plan().empty());
}

TEST_F(CertificatePlans, RepairWhatSomebodyHasChanged) {
    read(shown(new_one()));
    EXPECT_EQ(plan({a}).steps.size(), 1U);
    note_done(plan({a}).steps[0], observed_);
    read(shown(old_one()));
    EXPECT_TRUE(plan().empty());
    read(shown(new_one()));
    EXPECT_EQ(plan({a}).steps.size(), 1U);
    observed_.forget_process();
    read(shown(old_one()));
    EXPECT_TRUE(plan().empty());
}

/// HAProxy shows names of the chain only.
TEST_F(CertificatePlans, SeeAnotherChain) {
    const std::string with_chain = old_one().certificate + new_one().certificate + old_one().key;
    read(shown(old_one()));
    EXPECT_TRUE(plan().empty());
    files_[a].certificate = certificate_of(with_chain);
    const plan::Plan change = plan({a});
    ASSERT_EQ(change.steps.size(), 1U);
    EXPECT_THAT(change.steps[0].detail, HasSubstr("other chain or key"));
    note_done(change.steps[0], observed_);
    const std::string chain = "Chain Subject: /CN=a\nChain Issuer: /CN=a\n";
    read(shown(old_one(), chain));
    EXPECT_TRUE(plan().empty());
    files_[a].certificate =
        certificate_of(old_one().certificate + make_certificate("a").certificate + old_one().key);
    EXPECT_EQ(plan({a}).steps.size(), 1U) << "it has the same names, and is another one";
    observed_.forget_process();
    read(shown(old_one()));
    EXPECT_EQ(plan({a}).steps.size(), 1U) << "that process has no chain";
}

/// An earlier hitlessd has written the file, and nobody knows whether it has told HAProxy.
TEST_F(CertificatePlans, AreToldOnceWhereTheyAreInDoubt) {
    files_[a].is_in_doubt = true;
    read(shown(old_one()));
    const plan::Plan change = plan();
    ASSERT_EQ(change.steps.size(), 1U);
    note_done(change.steps[0], observed_);
    read(shown(old_one()));
    EXPECT_TRUE(plan().empty());
}

/// However HAProxy writes a name: it was told, so it has it.
TEST_F(CertificatePlans, BelieveWhatHAProxyWasToldWhereItShowsNamesOtherwise) {
    files_[a].certificate =
        certificate_of(old_one().certificate + new_one().certificate + old_one().key);
    const std::string chain = "Chain Subject: /CN=strange\nChain Issuer: /CN=a\n";
    read(shown(old_one(), chain));
    EXPECT_EQ(plan({a}).steps.size(), 1U);
    note_done(plan({a}).steps[0], observed_);
    read(shown(old_one(), chain));
    EXPECT_TRUE(plan({a}).empty());
    read(shown(old_one()));
    EXPECT_EQ(plan({a}).steps.size(), 1U) << "somebody has changed it";
}

/// HAProxy takes one at a time.
TEST_F(CertificatePlans, EndWhatAnEarlierRunHasBegun) {
    read(shown(old_one()), shown(old_one()), "# transaction\n*b.pem\n");
    EXPECT_TRUE(plan().empty());
    files_[a].certificate = certificate_of(new_one().bundle());
    EXPECT_THAT(told(plan({a})),
                ElementsAre("abort ssl cert b.pem", "abort ssl cert a.pem", "set ssl cert a.pem <<",
                            "commit ssl cert a.pem", "abort ssl cert a.pem"));
    read(shown(old_one()), shown(old_one()), "# transaction\n*other.pem\n");
    EXPECT_EQ(told(plan({a})).size(), 4U) << "that is somebody else's";
}

TEST_F(CertificatePlans, NeedAReloadForWhatNoCommandCanDo) {
    read(shown(old_one()));
    observed_.certificates.running.erase(b);
    EXPECT_THAT(in_words(plan().obstacles), ElementsAre(HasSubstr("certificate b.pem: HAProxy has "
                                                                  "no certificate")));
    std::string large = old_one().bundle();
    for (int i = 0; i < 40; ++i)
        large += new_one().certificate;
    files_[a].certificate = certificate_of(large);
    const plan::Plan change = plan({a});
    EXPECT_THAT(told(change), IsEmpty());
    EXPECT_THAT(in_words(change.obstacles), ElementsAre(HasSubstr("too many for HAProxy")));
    EXPECT_THAT(in_words(change.obstacles), ElementsAre(Not(HasSubstr(old_one().secret()))));
}

TEST_F(CertificatePlans, AreNoneWhereHAProxyHasNoTls) {
    read(shown(old_one()));
    const std::vector<std::string> answers = {"Unknown command: 'ssl', but maybe one of…"};
    EXPECT_THAT(kind().take({}, answers, observed_).value(), IsEmpty());
    EXPECT_THAT(observed_.certificates.running, IsEmpty());
    EXPECT_TRUE(plan({}).empty());
    EXPECT_EQ(all_objects(parse("frontend f\n"), files_, observed_).back(), b);
}

TEST(CertificateFiles, AreReadWithTheirKeysOnly) {
    EXPECT_NE(certificate_of(old_one().bundle()), nullptr);
    EXPECT_EQ(certificate_of(old_one().certificate), nullptr);
    EXPECT_EQ(certificate_of(""), nullptr);
}

} // namespace
} // namespace hitless::live
