# build/web/list.txt -> a C header with the files it names, each as it lies on the disk.
#
#   awk -v folder=build/web -v symbol=tf_web_form -f tools/incbin.awk build/web/list.txt
#
# The bytes are taken in by the assembler (.incbin), so that megabytes cost the compiler nothing.
BEGIN { printf "/* made by tools/incbin.awk */\n" }
{
    name[NR] = $0
    printf "__asm__(\".section .rodata\\n.balign 16\\n%s_%d:\\n.incbin \\\"%s/%s.gz\\\"\\n%s_%d_end:\\n.byte 0\\n.previous\");\n", symbol, NR, folder, $0, symbol, NR
    printf "extern const unsigned char %s_%d[], %s_%d_end[];\n", symbol, NR, symbol, NR
}
END {
    printf "static const struct tf_packed %s[] = {\n", symbol
    for (k = 1; k <= NR; k++)
        printf "    {\"%s\", %s_%d, %s_%d_end},\n", name[k], symbol, k, symbol, k
    printf "    {NULL, NULL, NULL}};\n"
}
