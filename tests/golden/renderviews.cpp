// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layoutfaults.h"
#include "views.h"

#include "application.h"

#include <KAboutData>
#include <KColorSchemeManager>
#include <KLocalizedString>

#include <QApplication>
#include <QCommandLineParser>
#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QModelIndex>
#include <QPixmap>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QWidget>

#include <cstdio>

using namespace cutover;
using namespace Qt::StringLiterals;

namespace {

/// Nothing moves by itself.
class StillStyle : public QProxyStyle
{
public:
    using QProxyStyle::QProxyStyle;

    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
        QStyleHintReturn* returned) const override
    {
        return hint == SH_Widget_Animation_Duration || hint == SH_Widget_Animate
            ? 0
            : QProxyStyle::styleHint(hint, option, widget, returned);
    }
};

/// What the pixels of a text depend on, besides the program.
QString fontLine()
{
    QStringList words{ u"Qt "_s + QString::fromLatin1(qVersion()) };
    for (const auto which : { QFontDatabase::GeneralFont, QFontDatabase::FixedFont }) {
        const QFont font = QFontDatabase::systemFont(which);
        const QFontInfo info(font);
        const QFontMetricsF metrics(font);
        words << u"%1 %2 px, %3 × %4"_s.arg(info.family())
                     .arg(info.pixelSize())
                     .arg(metrics.horizontalAdvance(u"Sphinx of black quartz, judge my vow"_s))
                     .arg(metrics.height());
    }
    return words.join(u"; ");
}

} // namespace

/// Renders views of the window into a folder, as NAME.png, with what is wrong with their layout as NAME.txt,
/// and what the pictures depend on as environment.txt.
int main(int argc, char** argv)
{
    QApplication::setStyle(new StillStyle(QStyleFactory::create(u"Fusion"_s)));
    QApplication application(argc, argv);
    QApplication::setCursorFlashTime(0);
    KLocalizedString::setApplicationDomain("cutover");
    KAboutData::setApplicationData(KAboutData(ui::componentName, u"Cutover"_s, u"0.1.0"_s));

    QCommandLineParser parser;
    parser.addHelpOption();
    const QCommandLineOption scheme(u"scheme"_s, u"Colours: BreezeLight or BreezeDark."_s, u"ID"_s);
    const QCommandLineOption locale(u"locale"_s, u"Where the pseudo-translation is."_s, u"FOLDER"_s);
    const QCommandLineOption output(u"output"_s, u"Where the pictures go."_s, u"FOLDER"_s);
    const QCommandLineOption size(
        u"size"_s, u"Of the main window, such as 1280x800."_s, u"SIZE"_s, u"1280x800"_s);
    parser.addOptions({ scheme, locale, output, size });
    parser.addPositionalArgument(u"view"_s, u"Those to be rendered; all without any."_s, u"[VIEW …]"_s);
    parser.process(application);

    if (parser.isSet(locale)) {
        KLocalizedString::addDomainLocaleDir("cutover", parser.value(locale));
        KLocalizedString::setLanguages({ u"x-pseudo"_s });
        if (i18n("Cutover") == u"Cutover") {
            std::fputs("the pseudo-translation is not found\n", stderr);
            return 1;
        }
    }
    KColorSchemeManager* schemes = KColorSchemeManager::instance();
    if (parser.isSet(scheme))
        schemes->activateScheme(schemes->indexForSchemeId(parser.value(scheme)));

    const auto write = [&](const QString& name, const QString& text) {
        QFile file(parser.value(output) + u'/' + name + u".txt");
        return file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) >= 0;
    };
    QStringList views = parser.positionalArguments();
    if (views.isEmpty())
        views = ui::test::View::names();
    for (const QString& name : std::as_const(views)) {
        const QString pixels = parser.value(size);
        ui::test::View view(QSize(pixels.section(u'x', 0, 0).toInt(), pixels.section(u'x', 1).toInt()));
        QWidget* window = view.open(name);
        const QStringList faults = ui::test::layoutFaults(*window);
        if (!window->grab().save(parser.value(output) + u'/' + name + u".png")
            || !write(name, faults.join(u'\n')))
            return 1;
    }
    return write(u"environment"_s, fontLine()) ? 0 : 1;
}
