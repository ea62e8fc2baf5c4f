#include "confd/date_time.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace hitless::confd {
namespace {

/// 2023-03-05 16:07:09.012345678 UTC, a Sunday.
Moment moment(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    return make_moment(1'678'032'429, 12'345'678, Zone::local);
}

// The expected texts are those of Go 1.19.
TEST(DateTime, IsFormattedByGosLayouts) {
    struct Case {
        const char* zone;
        const char* layout;
        const char* text;
    };
    for (const auto& [zone, layout, text] : {
             Case{"UTC0", "2006-01-02T15:04:05Z07:00", "2023-03-05T16:07:09Z"},
             Case{"UTC0", "Jan 2, 2006 at 3:04pm (MST)", "Mar 5, 2023 at 4:07pm (UTC)"},
             Case{"EST5", "Mon Jan _2 15:04:05 MST 2006", "Sun Mar  5 11:07:09 EST 2023"},
             Case{"EST5", "Monday, 02-Jan-06 03:04:05 PM -0700",
                  "Sunday, 05-Mar-23 11:07:09 AM -0500"},
             Case{"<+0530>-5:30", "-07 -0700 -07:00 -070000 -07:00:00",
                  "+05 +0530 +05:30 +053000 +05:30:00"},
             Case{"<+0530>-5:30", "Z07 Z0700 Z07:00 Z070000 Z07:00:00 MST",
                  "+05 +0530 +05:30 +053000 +05:30:00 +0530"},
             Case{"UTC0", "Z07 Z0700 Z07:00 Z070000 Z07:00:00", "Z Z Z Z Z"},
             Case{"UTC0", "05.000 05.999 05.999999999 05,00 .9x",
                  "09.012 09.012 09.012345678 09,01 x"},
             Case{"UTC0", "05.0001 .5", "09.0003 .9"},
             Case{"UTC0", "002 __2 1/2/2006 _2006 4 5 3", "064  64 3/5/2023 _2023 7 9 4"},
             Case{"UTC0", "January Janet Jan. Mond Monday", "March Janet Mar. Mond Sunday"},
             Case{"UTC0", "no layout!", "no layout!"},
             Case{"UTC0", "", ""},
         })
        EXPECT_EQ(format_time(moment(zone), layout), text) << layout;
}

TEST(DateTime, HasMethods) {
    const Value value = make_date_time(moment("EST5"));
    const Object& time = **value.as<Value::ObjectPtr>();
    EXPECT_EQ(time.type_name(), "time.Time");
    EXPECT_EQ(time.print(), "2023-03-05 11:07:09.012345678 -0500 EST");
    const auto number = [&](const char* name) {
        return *time.member(name, {})->value().as<std::int64_t>();
    };
    EXPECT_EQ(number("Year"), 2023);
    EXPECT_EQ(number("Day"), 5);
    EXPECT_EQ(number("Hour"), 11);
    EXPECT_EQ(number("Minute"), 7);
    EXPECT_EQ(number("Second"), 9);
    EXPECT_EQ(number("Nanosecond"), 12'345'678);
    EXPECT_EQ(number("YearDay"), 64);
    EXPECT_EQ(number("Unix"), 1'678'032'429);
    EXPECT_EQ(number("UnixMilli"), 1'678'032'429'012);
    EXPECT_EQ(number("UnixNano"), 1'678'032'429'012'345'678);
    const auto object = [&](const char* name) {
        return (*time.member(name, {})->value().as<Value::ObjectPtr>())->print();
    };
    EXPECT_EQ(object("Month"), "March");
    EXPECT_EQ(object("Weekday"), "Sunday");
    EXPECT_EQ(object("UTC"), "2023-03-05 16:07:09.012345678 +0000 UTC");
    const std::vector<Value> layout{"15h"};
    EXPECT_EQ(*time.member("Format", layout)->value().as<std::string>(), "11h");
    EXPECT_FALSE(time.member("Format", {})->has_value());
    EXPECT_FALSE(time.member("Year", layout)->has_value());
    EXPECT_FALSE(time.member("Century", {}).has_value());
}

} // namespace
} // namespace hitless::confd
