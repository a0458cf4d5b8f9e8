// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "preferences/applypreferences.h"

#include "preferences.h"

#include <QApplication>
#include <QFontDatabase>

namespace cutover::ui {

static QFont scaled(QFont font)
{
    const double factor = Preferences::textScale() / 100.0;
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * factor);
    else
        font.setPixelSize(qMax(1, qRound(font.pixelSize() * factor)));
    return font;
}

void applyDefaults(op::SessionRequest& request)
{
    request.mode = Preferences::mode() == Preferences::EnumMode::Normal ? QStringLiteral("normal")
                                                                        : QStringLiteral("cpr-transfer");
    request.guarded = Preferences::guarded();
    request.keepSource = Preferences::keepSource();
    request.traceSource = Preferences::traceSource();
    request.limits.connectMs = Preferences::connectSeconds() * 1000;
    request.limits.launchMs = Preferences::launchSeconds() * 1000;
    request.limits.monitorMs = Preferences::monitorSeconds() * 1000;
    request.limits.switchoverMs = Preferences::switchoverSeconds() * 1000;
}

void applyTextScale()
{
    QApplication::setFont(scaled(QFontDatabase::systemFont(QFontDatabase::GeneralFont)));
}

QFont fixedFont()
{
    return scaled(QFontDatabase::systemFont(QFontDatabase::FixedFont));
}

} // namespace cutover::ui
