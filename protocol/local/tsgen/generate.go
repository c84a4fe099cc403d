package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// renamed are the types whose Go name would hide one of the browser's own.
var renamed = map[string]string{"Error": "ApiError", "Event": "ServiceEvent"}

// value is one constant of a named string type.
type value struct{ text, comment string }

// Generate reads the package in dir and returns the TypeScript file.
func Generate(dir string) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no Go files in %q", dir)
	}
	values, err := constants(files)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("// Generated from protocol/local by `go generate ./protocol/local`. Do not edit.\n")
	for _, file := range files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.TypeSpec)
				if !spec.Name.IsExported() {
					continue
				}
				doc := spec.Doc
				if doc == nil {
					doc = group.Doc
				}
				if err := writeType(&b, spec, doc, values); err != nil {
					return nil, fmt.Errorf("%s: %w", set.Position(spec.Pos()), err)
				}
			}
		}
	}
	return b.Bytes(), nil
}

// constants collects the typed string constants of all files, by the name of their type.
func constants(files []*ast.File) (map[string][]value, error) {
	found := map[string][]value{}
	for _, file := range files {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				of, ok := spec.Type.(*ast.Ident)
				if !ok || !spec.Names[0].IsExported() {
					continue
				}
				for _, v := range spec.Values {
					literal, ok := v.(*ast.BasicLit)
					if !ok || literal.Kind != token.STRING {
						continue
					}
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						return nil, err
					}
					found[of.Name] = append(found[of.Name], value{text, oneLine(spec.Comment)})
				}
			}
		}
	}
	return found, nil
}

func writeType(b *bytes.Buffer, spec *ast.TypeSpec, doc *ast.CommentGroup, values map[string][]value) error {
	switch of := spec.Type.(type) {
	case *ast.StructType:
		if !onWire(of) {
			return nil
		}
		b.WriteByte('\n')
		writeDoc(b, "", doc)
		fmt.Fprintf(b, "export interface %s {\n", typeName(spec.Name.Name))
		for _, field := range of.Fields.List {
			if err := writeField(b, field); err != nil {
				return err
			}
		}
		b.WriteString("}\n")
		return nil
	case *ast.Ident:
		if of.Name != "string" {
			return fmt.Errorf("type %q is neither a struct nor a string", spec.Name.Name)
		}
		all := values[spec.Name.Name]
		if len(all) == 0 {
			return fmt.Errorf("type %q has no constants", spec.Name.Name)
		}
		b.WriteByte('\n')
		writeDoc(b, "", doc)
		fmt.Fprintf(b, "export type %s =", typeName(spec.Name.Name))
		for i, v := range all {
			fmt.Fprintf(b, "\n  | %q", v.text)
			if i == len(all)-1 {
				b.WriteByte(';')
			}
			if v.comment != "" {
				b.WriteString(" // " + v.comment)
			}
		}
		b.WriteByte('\n')
		return nil
	case *ast.FuncType, *ast.InterfaceType, *ast.ArrayType:
		return nil // not on the wire
	}
	return fmt.Errorf("type %q is neither a struct nor a string", spec.Name.Name)
}

// onWire tells a type of the API from one that only Go code sees: the latter has no tags at all.
func onWire(of *ast.StructType) bool {
	for _, field := range of.Fields.List {
		if field.Tag != nil {
			return true
		}
	}
	return false
}

func writeField(b *bytes.Buffer, field *ast.Field) error {
	if len(field.Names) != 1 {
		return fmt.Errorf("embedded or grouped fields are not supported")
	}
	name := field.Names[0].Name
	if !ast.IsExported(name) {
		return nil
	}
	if field.Tag == nil {
		return fmt.Errorf("field %q has no json tag", name)
	}
	tag, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return err
	}
	wire, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	if wire == "-" {
		return nil
	}
	if wire == "" {
		return fmt.Errorf("field %q has no json name", name)
	}
	of, err := typeOf(field.Type)
	if err != nil {
		return fmt.Errorf("field %q: %w", name, err)
	}
	optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
	if _, pointer := field.Type.(*ast.StarExpr); pointer && !optional {
		of += " | null"
	}
	writeDoc(b, "  ", field.Doc)
	fmt.Fprintf(b, "  %s%s: %s;", wire, map[bool]string{true: "?"}[optional], of)
	if comment := oneLine(field.Comment); comment != "" {
		b.WriteString(" // " + comment)
	}
	b.WriteByte('\n')
	return nil
}

// typeOf is the TypeScript type of a field's Go type.
func typeOf(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "string", nil
		case "bool":
			return "boolean", nil
		case "int", "int64", "uint64":
			return "number", nil
		case "any":
			return "unknown", nil
		}
		if !e.IsExported() {
			return "", fmt.Errorf("type %q is not supported", e.Name)
		}
		return typeName(e.Name), nil
	case *ast.StarExpr:
		return typeOf(e.X)
	case *ast.ArrayType:
		of, err := typeOf(e.Elt)
		return of + "[]", err
	case *ast.SelectorExpr:
		from, ok := e.X.(*ast.Ident)
		switch {
		case ok && from.Name == "time" && e.Sel.Name == "Time":
			return "string", nil
		case ok && from.Name == "json" && e.Sel.Name == "RawMessage": // JSON as somebody else wrote it
			return "unknown", nil
		}
	case *ast.MapType:
		key, ok := e.Key.(*ast.Ident)
		of, err := typeOf(e.Value)
		if ok && key.Name == "string" && of == "unknown" {
			return "Record<string, unknown>", err
		}
	}
	return "", fmt.Errorf("type %T is not supported", e)
}

func typeName(name string) string {
	if other, ok := renamed[name]; ok {
		return other
	}
	return name
}

func writeDoc(b *bytes.Buffer, indent string, doc *ast.CommentGroup) {
	text := strings.TrimSpace(doc.Text())
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		fmt.Fprintf(b, "%s/** %s */\n", indent, lines[0])
		return
	}
	fmt.Fprintf(b, "%s/**\n", indent)
	for _, line := range lines {
		b.WriteString(strings.TrimRight(indent+" * "+line, " ") + "\n")
	}
	fmt.Fprintf(b, "%s */\n", indent)
}

func oneLine(group *ast.CommentGroup) string {
	return strings.Join(strings.Fields(group.Text()), " ")
}
